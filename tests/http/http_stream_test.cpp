#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <optional>

#include "http/http_client.hpp"
#include "http/server_bench.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::ask;
using test::holds;
using test::RawSocket;

namespace {

/// What a test puts into a stream, and what it learns of its fate.
struct Tap {
  std::deque<std::string> ready;   ///< an empty one is the end
  std::optional<Error> breaks;     ///< when nothing is ready any more
  bool endless = false;            ///< a mebibyte, as often as it is asked for
  std::atomic<int> asked_for = 0;  ///< parts
  std::atomic<bool> told = false;  ///< that nobody wants them any more
  std::atomic<bool> gone = false;
  News more, over;
};

class Trickle final : public BodySource {
 public:
  explicit Trickle(Tap& tap) : tap_(tap) {}
  ~Trickle() override {
    tap_.gone = true;
    tap_.over.announce();
  }
  Task<Result<std::string>> next() override {
    ++tap_.asked_for;
    if (tap_.endless) co_return std::string(1u << 20, 'x');
    while (tap_.ready.empty() && !tap_.breaks) {
      const bool wanted = co_await tap_.more.wait();
      if (!wanted) tap_.told = true;
      if (!wanted) co_return Error{ErrorCode::cancelled, "nobody listens"};
    }
    if (tap_.ready.empty()) co_return *tap_.breaks;
    std::string part = std::move(tap_.ready.front());
    tap_.ready.pop_front();
    co_return part;
  }

 private:
  Tap& tap_;
};

struct WithTap {
  Tap tap;  // outlives the server, which holds its streams
};

struct Streamed : WithTap, test::Served {
  explicit Streamed(HttpServerLimits limits = {})
      : Served(limits, [this](IncomingRequest request) { return answer(std::move(request)); }) {}

  Task<OutgoingResponse> answer(IncomingRequest request) {
    OutgoingResponse response;
    if (request.path == "/empty") response.status = 204;
    if (request.path != "/plain") response.source = std::make_shared<Trickle>(tap);
    co_return response;
  }

  /// Puts the next part into the stream; any thread.
  void give(std::string part) {
    loop.post([this, part = std::move(part)] {
      tap.ready.push_back(part);
      tap.more.announce();
    });
  }
};

std::string body_of(const std::string& text) { return text.substr(std::min(text.find("\r\n\r\n") + 4, text.size())); }
const std::string get_live = "GET /live HTTP/1.1\r\nHost: h\r\n\r\n";

}  // namespace

TEST_SUITE_BEGIN("http");

TEST_CASE("a client reads the head and the first part of a stream before the next part is made") {
  Streamed served;
  const std::string text = served.play([&](RawSocket& socket) {
    socket.send(get_live);
    std::string got = socket.receive_until("\r\n\r\n") + "|";
    for (const char* part : {"first", "second, and longer"}) {
      served.give(part);
      got += socket.receive_until(std::string(part) + "\r\n") + "|";
    }
    served.give("");
    return got + socket.receive_all();
  });
  CHECK(holds(text, "HTTP/1.1 200 OK\r\n"));
  CHECK(holds(text, "Transfer-Encoding: chunked\r\n"));
  CHECK(holds(text, "Connection: close\r\n"));
  CHECK_FALSE(holds(text, "Content-Length"));
  CHECK(body_of(text) == "|5\r\nfirst\r\n|12\r\nsecond, and longer\r\n|0\r\n\r\n");
  CHECK(served.tap.gone);
  CHECK_FALSE(served.tap.told);
}

TEST_CASE("a client that does not know chunks gets the parts alone, until the connection ends") {
  Streamed served;
  served.tap.ready = {"one ", "two", ""};
  const std::string text = served.exchange("GET /live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK_FALSE(holds(text, "Transfer-Encoding"));
  CHECK_FALSE(holds(text, "Content-Length"));
  CHECK(holds(text, "Connection: close\r\n"));
  CHECK(body_of(text) == "one two");
}

TEST_CASE("HEAD, and an answer that has no body, ask nothing of a stream and keep the connection") {
  Streamed served;
  const std::string text = served.exchange(
      "HEAD /live HTTP/1.1\r\nHost: h\r\n\r\nGET /empty HTTP/1.1\r\nHost: h\r\n\r\nGET /plain HTTP/1.1\r\nHost: "
      "h\r\nConnection: close\r\n\r\n");
  CHECK(text.find("HTTP/1.1 200 OK\r\n") < text.find("Transfer-Encoding: chunked\r\n"));
  CHECK(text.find("Transfer-Encoding: chunked\r\n") < text.find("HTTP/1.1 204 No Content\r\n"));
  CHECK(text.find("HTTP/1.1 204 No Content\r\n") < text.find("Content-Length: 0\r\n"));
  CHECK(served.tap.asked_for == 0);
  CHECK(served.tap.gone);
}

TEST_CASE("a stream that breaks off ends the connection without a last chunk, so the client knows") {
  Streamed served;
  served.tap.ready = {"half"};
  served.tap.breaks = Error{ErrorCode::internal, "the file is gone"};
  CHECK(body_of(served.exchange(get_live)) == "4\r\nhalf\r\n");
  const auto client = open_http_client(served.loop);
  OutgoingRequest request;
  request.method = "GET";
  request.private_addresses = true;
  request.url = "http://127.0.0.1:" + std::to_string(served.server->port()) + "/live";
  served.tap.ready = {"half"};
  const auto cut = ask(served.loop, client->send(request));
  REQUIRE_FALSE(cut);
  CHECK(cut.error().code == ErrorCode::unsure);
  served.tap.ready = {"the ", "whole", ""};
  const auto complete = ask(served.loop, client->send(request));
  REQUIRE(complete);
  CHECK(complete->body == "the whole");
}

TEST_CASE("a client that goes away ends a stream that waits for its next part") {
  Streamed served;
  served.tap.ready = {"first"};
  const std::string text = served.play([&](RawSocket& socket) {
    socket.send(get_live);
    return socket.receive_until("first\r\n");
  });
  ask(served.loop, served.tap.over.wait());
  CHECK(holds(text, "first"));
  CHECK(served.tap.gone);
  CHECK(served.tap.told);
}

TEST_CASE("what a client sends while it is streamed to is dropped and ends nothing") {
  Streamed served;
  served.tap.ready = {"first"};
  const std::string text = served.play([&](RawSocket& socket) {
    socket.send(get_live + "GET /plain HTTP/1.1\r\nHost: h\r\n\r\n");
    std::string got = socket.receive_until("first\r\n");
    socket.send(std::string(100'000, 'x'));
    served.give("last");
    served.give("");
    return got + socket.receive_all();
  });
  CHECK(body_of(text) == "5\r\nfirst\r\n4\r\nlast\r\n0\r\n\r\n");
}

TEST_CASE("nothing is made ahead of a client that does not read, and one that takes too long is left") {
  HttpServerLimits limits;
  limits.write_timeout = 200ms;
  Streamed served(limits);
  served.tap.endless = true;
  const std::string text = served.play([&](RawSocket& socket) {
    socket.send(get_live);
    const std::string head = socket.receive_until("\r\n\r\n");
    while (!served.tap.gone) std::this_thread::sleep_for(1ms);
    return head;
  });
  CHECK(holds(text, "200 OK"));
  CHECK(served.tap.asked_for < 100);  // what the system itself takes on for a socket, a few mebibytes each
}

TEST_CASE("a server that stops cuts streams and does not wait for their end") {
  Streamed served;
  served.tap.ready = {"first"};
  RawSocket socket = RawSocket::connect(served.server->port());
  socket.send(get_live);
  std::string got;
  std::function<std::string()> first = [&] { return socket.receive_until("first\r\n"); };
  got = ask(served.loop, on_worker(served.loop, std::move(first)));
  ask(served.loop, served.server->stop());
  CHECK(served.tap.told);
  CHECK(served.tap.gone);
  got += socket.receive_all();
  CHECK(body_of(got) == "5\r\nfirst\r\n");
}

TEST_SUITE_END();
