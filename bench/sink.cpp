#include <cstdio>

#include "async/loop.hpp"
#include "http/http_server.hpp"

using namespace millrace;

namespace {

Task<OutgoingResponse> answer(IncomingRequest) {
  OutgoingResponse response;
  response.headers.add("Content-Type", "application/json");
  response.body = R"({"ok":true})";
  co_return response;
}

Task<void> until(News& stop) { co_await stop.wait(); }

}  // namespace

/// The far side of the benchmarks: answers every request with {"ok":true} as fast as it can.
int main(int argc, char** argv) {
  Loop loop;
  News stop;
  loop.on_signal([&stop](int) { stop.announce(); });
  HttpServerLimits limits;
  limits.max_connections = 4096;
  const auto server = open_http_server(loop, argc > 1 ? argv[1] : "127.0.0.1:0", answer, limits);
  if (!server) {
    std::fprintf(stderr, "error: %s\n", server.error().message.c_str());
    return 1;
  }
  std::printf("http://127.0.0.1:%d\n", (*server)->port());
  std::fflush(stdout);
  loop.run(until(stop));
  loop.run((*server)->stop());
  return 0;
}
