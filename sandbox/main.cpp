#include <charconv>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "async/loop.hpp"
#include "base/standard_streams.hpp"
#include "sandbox.hpp"

namespace {

using namespace millrace;
using sandbox::Options;
using sandbox::Sandbox;

constexpr int done = 0, wrong_usage = 2, cannot_start = 3;

constexpr std::string_view usage =
    "millrace-sandbox [--listen 127.0.0.1:8720] [--limit N|off] [--interval MS] [--daily N] [--token TEXT]\n"
    "\n"
    "A stand-in for HighLevel and SightMill, with test data, to try workflows on.\n"
    "\n"
    "  --listen ADDRESS  where it answers; port 0 takes any that is free\n"
    "  --limit N|off     how many requests a location may get in an interval (100)\n"
    "  --interval MS     how long that is (10000)\n"
    "  --daily N         how many it may get in a day (200000)\n"
    "  --token TEXT      the token that opens everything (sandbox-token)\n";

/// Reads one option and its value; false where they make no sense.
bool read_option(std::string_view name, std::string_view value, Options& options) {
  if (name == "--listen") {
    options.listen = value;
    return !value.empty();
  }
  if (name == "--token") {
    options.token = value;
    return !value.empty();
  }
  if (name == "--limit" && value == "off") {
    options.allowance.burst.reset();
    return true;
  }
  int number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number <= 0) return false;
  if (name == "--limit") options.allowance.burst = number;
  if (name == "--interval") options.allowance.interval = std::chrono::milliseconds(number);
  if (name == "--daily") options.allowance.daily = number;
  return name == "--limit" || name == "--interval" || name == "--daily";
}

bool read_options(int count, char** arguments, Options& options) {
  for (int at = 1; at < count; ++at) {
    const std::string_view argument = arguments[at];
    const std::size_t equals = argument.find('=');
    const bool joined = equals != std::string_view::npos;
    if (!joined && at + 1 == count) return false;
    const std::string_view value = joined ? argument.substr(equals + 1) : std::string_view(arguments[++at]);
    if (!read_option(argument.substr(0, equals), value, options)) return false;
  }
  return true;
}

Task<void> serve(Loop& loop, const Options& options, News& stop_asked, int& exit_code) {
  const std::unique_ptr<HttpClient> client = open_http_client(loop);
  Sandbox world(options, *client);
  const HttpHandler handler = [&world](IncomingRequest request) { return world.answer(std::move(request)); };
  HttpServerLimits limits;
  limits.max_body_bytes = 64u << 20;  // whole states come in by /_sandbox/reset
  Result<std::unique_ptr<HttpServer>> server = open_http_server(loop, options.listen, handler, limits);
  if (!server) {
    std::fprintf(stderr, "error: %s\n", server.error().message.c_str());
    exit_code = cannot_start;
    co_return;
  }
  const std::string host = options.listen.substr(0, options.listen.rfind(':'));
  std::printf("sandbox listening on http://%s:%d\n", host.c_str(), (*server)->port());
  const std::string unwritten = unwritten_output();
  if (!unwritten.empty()) std::fprintf(stderr, "error: the address could not be written: %s\n", unwritten.c_str());
  co_await stop_asked.wait();
  world.close();
  co_await (*server)->stop();
}

}  // namespace

int main(int count, char** arguments) {
  secure_standard_streams();
  Options options;
  if (count == 2 && std::string_view(arguments[1]) == "--help") {
    std::fputs(usage.data(), stdout);
    return code_after_output(done);
  }
  if (!read_options(count, arguments, options)) {
    std::fputs(usage.data(), stderr);
    return wrong_usage;
  }

  Loop loop;
  News stop_asked;
  loop.on_signal([&stop_asked](int) { stop_asked.announce(); });
  int exit_code = done;
  loop.run(serve(loop, options, stop_asked, exit_code));
  return code_after_output(exit_code);
}
