#include "http/http_server.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <vector>

#include "http/server_bench.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::ask;
using test::holds;
using test::RawSocket;
using test::status_line;

namespace {

Task<OutgoingResponse> answer(IncomingRequest request) {
  OutgoingResponse response;
  response.headers.add("X-Seen", request.method + ' ' + request.path + ' ' + request.query);
  response.body = "<" + request.body + ">";
  if (request.path == "/drop") response.drop = true;
  if (request.path == "/half") response.truncate_body_to = 3;
  if (request.path == "/split") response.headers.add("X-Split", "a\r\nX-Evil: b");
  if (request.path == "/empty") response.status = 204;
  co_return response;
}

/// With the answers above, unless the test has others.
struct Served : test::Served {
  explicit Served(HttpServerLimits limits = {}, HttpHandler handler = answer)
      : test::Served(limits, std::move(handler)) {}
};

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

const std::string last = "Connection: close\r\n";

}  // namespace

TEST_SUITE_BEGIN("http");

TEST_CASE("requests sent in one go are answered in their order on the kept connection") {
  Served served;
  const std::string text = served.exchange(
      "GET /a?x=1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody"
      "GET /c HTTP/1.1\r\nHost: h\r\n" +
      last + "\r\n");
  CHECK(count(text, "HTTP/1.1 200 OK\r\n") == 3);
  CHECK(text.find("X-Seen: GET /a x=1\r\n") < text.find("X-Seen: POST /b \r\n"));
  CHECK(text.find("X-Seen: POST /b \r\n") < text.find("X-Seen: GET /c \r\n"));
  CHECK(holds(text, "Content-Length: 6\r\n\r\n<body>"));
  CHECK(count(text, "Connection: close") == 1);
  CHECK(count(text, "Date: ") == 3);
}

TEST_CASE("a request that comes byte by byte, and one in chunks, is understood") {
  Served served;
  const std::string slow = served.play([](RawSocket& socket) {
    for (const char letter : "POST /s HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n" + last + "\r\nab")
      socket.send({&letter, 1});
    return socket.receive_all();
  });
  CHECK(holds(slow, "<ab>"));
  const std::string chunked = served.exchange("POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n" + last +
                                              "\r\n2\r\nab\r\n3;e=1\r\ncde\r\n0\r\nX-Trailer: 1\r\n\r\n");
  CHECK(holds(chunked, "<abcde>"));
}

TEST_CASE("an answer without a body announces none, and HEAD gets the length only") {
  Served served;
  const std::string empty = served.exchange("GET /empty HTTP/1.1\r\nHost: h\r\n" + last + "\r\n");
  CHECK(status_line(empty) == "HTTP/1.1 204 No Content");
  CHECK_FALSE(holds(empty, "Content-Length"));
  CHECK(empty.ends_with("\r\n\r\n"));
  const std::string head = served.exchange("HEAD / HTTP/1.1\r\nHost: h\r\n" + last + "\r\n");
  CHECK(holds(head, "Content-Length: 2\r\n"));
  CHECK(head.ends_with("\r\n\r\n"));
}

TEST_CASE("HTTP/1.0 is answered and closed, unless it asks to be kept") {
  Served served;
  CHECK(holds(served.exchange("GET / HTTP/1.0\r\n\r\n"), "Connection: close\r\n"));
  const std::string kept = served.exchange("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n");
  CHECK(count(kept, "200 OK") == 2);
  CHECK(count(kept, "Connection: keep-alive") == 1);
}

TEST_CASE("a client that waits for leave to send its body gets it") {
  Served served;
  const std::string text = served.play([](RawSocket& socket) {
    socket.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n" + last + "\r\n");
    const std::string leave = socket.receive_until("\r\n\r\n");
    socket.send("ab");
    return leave + socket.receive_all();
  });
  CHECK(text.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
  CHECK(holds(text, "<ab>"));
}

TEST_CASE("a handler cannot smuggle a header in") {
  Served served;
  const std::string text = served.exchange("GET /split HTTP/1.1\r\nHost: h\r\n" + last + "\r\n");
  CHECK_FALSE(holds(text, "\nX-Evil"));
  CHECK(holds(text, "X-Split: a  X-Evil: b\r\n"));
}

TEST_CASE("the faults of the sandbox: no answer at all, and half of one") {
  Served served;
  CHECK(served.exchange("POST /drop HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab").empty());
  const std::string half = served.exchange("POST /half HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
  CHECK(holds(half, "Content-Length: 6\r\n"));
  CHECK(half.ends_with("\r\n\r\n<bo"));
}

TEST_CASE("what is not HTTP, or could be read in two ways, is refused and the connection closed") {
  Served served;
  for (const std::string text :
       {"nonsense\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nbad header\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nA : b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n", "POST / HTTP/1.1\r\nHosts: h\r\nContent-Length: 2\r\n\r\nab",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled "
        "HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\nGET /smuggled "
        "HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, gzip\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: "
        "h\r\n\r\n",
        "POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled "
        "HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    CAPTURE(text);
    const std::string refusal = served.exchange(text);
    CHECK(status_line(refusal) == "HTTP/1.1 400 Bad Request");
    CHECK(count(refusal, "HTTP/1.1 ") == 1);
    CHECK(holds(refusal, "Connection: close\r\n"));
  }
}

TEST_CASE("too large a header is refused with 431, too large a body with 413") {
  HttpServerLimits limits;
  limits.max_header_bytes = 1000;
  limits.max_body_bytes = 1000;
  Served served(limits);
  const std::string long_header = "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(1000, 'x') + "\r\n\r\n";
  CHECK(status_line(served.exchange(long_header)) == "HTTP/1.1 431 Request Header Fields Too Large");
  const std::string long_path = "GET /" + std::string(5000, 'x');
  CHECK(status_line(served.exchange(long_path)) == "HTTP/1.1 431 Request Header Fields Too Large");

  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  CHECK(status_line(served.exchange(post + "Content-Length: 1001\r\n\r\n")) == "HTTP/1.1 413 Content Too Large");
  const std::string whole = served.play([&](RawSocket& socket) {
    const bool sent = socket.send(post + "Content-Length: 16000000\r\n\r\n" + std::string(16'000'000, 'x'));
    return (sent ? "sent, " : "cut off, ") + socket.receive_all();
  });
  CHECK(status_line(whole) == "sent, HTTP/1.1 413 Content Too Large");
  const std::string chunks = post + "Transfer-Encoding: chunked\r\n\r\n1f4\r\n" + std::string(500, 'x') + "\r\n1f5\r\n";
  CHECK(status_line(served.exchange(chunks)) == "HTTP/1.1 413 Content Too Large");
  const std::string line = post + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(70'000, 'x');
  CHECK(status_line(served.exchange(line)) == "HTTP/1.1 400 Bad Request");
  const std::string allowed = post + last + "Content-Length: 1000\r\n\r\n" + std::string(1000, 'x');
  CHECK(status_line(served.exchange(allowed)) == "HTTP/1.1 200 OK");
}

TEST_CASE("what the server itself refuses is said in one line of text") {
  HttpServerLimits limits;
  limits.max_body_bytes = 10;
  Served served(limits);
  std::string refusal = served.exchange("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n");
  const std::size_t date = refusal.find("Date: ");
  REQUIRE(date != std::string::npos);
  refusal.erase(date, refusal.find("\r\n", date) + 2 - date);
  CHECK(refusal ==
        "HTTP/1.1 413 Content Too Large\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: 37\r\n"
        "\r\nthe body of the request is too large\n");
}

TEST_CASE("a request that does not arrive in time is refused with 408, one that ends early with 400") {
  HttpServerLimits limits;
  limits.read_timeout = 500ms;
  Served served(limits);
  const std::string early = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nfew";
  CHECK(status_line(served.exchange("GET / HT")) == "HTTP/1.1 408 Request Timeout");
  CHECK(status_line(served.exchange(early)) == "HTTP/1.1 408 Request Timeout");
  const std::string trickle = served.play([&](RawSocket& socket) {
    while (socket.send("x")) std::this_thread::sleep_for(5ms);
    return std::string("closed");
  });
  CHECK(trickle == "closed");
  Served patient;
  const std::string cut = patient.play([&](RawSocket& socket) {
    socket.send(early);
    socket.end_sending();
    return socket.receive_all();
  });
  CHECK(status_line(cut) == "HTTP/1.1 400 Bad Request");
}

TEST_CASE("a connection on which nothing happens is closed without a word") {
  HttpServerLimits limits;
  limits.read_timeout = 500ms;
  limits.idle_timeout = 50ms;
  CHECK(Served(limits).exchange("").empty());
  limits.idle_timeout = 1s;  // longer than it takes between connecting and sending, on whatever machine
  CHECK(count(Served(limits).exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), "HTTP/1.1 ") == 1);
}

namespace {

/// How often everything that is ready gets its turn until `done`.
Task<void> count_turns(const bool& done, int& turns) {
  for (; !done && turns < 1000; ++turns) {
    const bool undisturbed = co_await sleep_for(Duration::zero());
    if (!undisturbed) co_return;
  }
}

}  // namespace

TEST_CASE("whoever waits behind many new connections does not wait a turn of the loop for each of them") {
  bool answered = false;
  HttpHandler note = [&answered](IncomingRequest request) {
    answered = true;
    return answer(std::move(request));
  };
  Served served({}, note);
  std::vector<RawSocket> waiting;
  for (int i = 0; i < 200; ++i) {
    waiting.push_back(RawSocket::connect(served.server->port()));
    waiting.back().send("GET");
  }
  waiting.push_back(RawSocket::connect(served.server->port()));
  waiting.back().send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  int turns = 0;
  served.loop.run(count_turns(answered, turns));
  CHECK(answered);
  CHECK(turns < 100);
}

TEST_CASE("connections beyond the limit are turned away") {
  HttpServerLimits limits;
  limits.max_connections = 1;
  Served served(limits);
  const std::string text = served.play([&](RawSocket& first) {
    first.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    first.receive_until("<>");
    RawSocket second = RawSocket::connect(served.server->port());
    return second.receive_all();
  });
  CHECK(status_line(text) == "HTTP/1.1 503 Service Unavailable");
  CHECK(status_line(served.exchange("GET / HTTP/1.1\r\nHost: h\r\n" + last + "\r\n")) == "HTTP/1.1 200 OK");
}

namespace {

/// A handler that takes its time.
struct Slow {
  News begun;
  News go_on;
  Task<OutgoingResponse> answer(IncomingRequest) {
    begun.announce();
    co_await go_on.wait();
    co_return OutgoingResponse();
  }
};

Task<void> stop_while_busy(Slow& slow, HttpServer& server, Scope& scope, Task<void> stop) {
  co_await slow.begun.wait();
  scope.spawn(std::move(stop));
  co_await sleep_for(5ms);
  CHECK(scope.running() == 1);
  const int port = server.port();
  CHECK_FALSE(RawSocket::connect(port).send("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  slow.go_on.announce();
  co_await scope.done();
}

}  // namespace

TEST_CASE("stopping waits for the request under way, takes no new ones, and closes idle connections") {
  Loop loop;
  Slow slow;
  auto opened =
      open_http_server(loop, "127.0.0.1:0", [&](IncomingRequest request) { return slow.answer(std::move(request)); });
  REQUIRE(opened);
  const auto server = std::move(*opened);
  std::string got;
  std::string idle_got = "still open";
  std::atomic<int> left = 2;
  News all_left;
  const auto leave = [&] {
    if (--left == 0) loop.post([&] { all_left.announce(); });
  };
  RawSocket idle = RawSocket::connect(server->port());
  loop.on_worker([&] {
    idle_got = idle.receive_all();
    leave();
  });
  loop.on_worker([&] {
    RawSocket busy = RawSocket::connect(server->port());
    busy.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    got = busy.receive_all();
    leave();
  });
  Scope scope(loop);
  ask(loop, stop_while_busy(slow, *server, scope, server->stop()));
  ask(loop, all_left.wait());
  CHECK(status_line(got) == "HTTP/1.1 200 OK");
  CHECK(holds(got, "Connection: close\r\n"));
  CHECK(idle_got.empty());
}

TEST_CASE("an address that cannot be listened on is explained") {
  Loop loop;
  Served served;
  const std::string taken = "127.0.0.1:" + std::to_string(served.server->port());
  const auto second = open_http_server(loop, taken, answer);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == ErrorCode::conflict);
  CHECK(second.error().message ==
        "cannot listen on " + taken + ": another program does, stop it or choose another port");
  for (const char* listen : {"", "8710", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:99999", "::1:80",
                             "[127.0.0.1]:80", "example.com:80"}) {
    CAPTURE(listen);
    const auto refused = open_http_server(loop, listen, answer);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::invalid);
  }
}

TEST_SUITE_END();
