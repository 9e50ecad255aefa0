#include "http/client_bench.hpp"

#include <atomic>
#include <mutex>

using namespace millrace;
using namespace std::chrono_literals;
using test::ask;
using test::ask_raw;
using test::echo;
using test::error_of;
using test::Pair;
using test::RawServer;
using test::RawSocket;
using test::request_to;

TEST_SUITE_BEGIN("http");

TEST_CASE("a request arrives as it was sent, and so does its answer") {
  Pair pair(echo);
  OutgoingRequest request = request_to(pair.url("/tags/../a%2Fb?x=1&y=%20"), "PATCH");
  request.headers.add("X-Key", "secret");
  request.headers.add("X-Empty", "");
  request.body = std::string("{\"a\":\0\"\xc3\xa9\"}", 10);
  const std::string body = request.body;
  const auto answer = ask(pair.loop, pair.client->send(std::move(request)));
  REQUIRE(answer);
  CHECK(answer->status == 201);
  CHECK(*answer->headers.find("x-request") == "PATCH /tags/../a%2Fb?x=1&y=%20");
  CHECK(*answer->headers.find("X-Got-X-Key") == "secret");
  CHECK(answer->headers.find("X-Got-X-Empty")->empty());
  CHECK(answer->headers.find("X-Got-Content-Type") == nullptr);
  CHECK(answer->headers.find("X-Got-Expect") == nullptr);
  CHECK(answer->headers.find("Date") != nullptr);
  CHECK(answer->body == body);
}

TEST_CASE("every method passes, with and without a body") {
  Pair pair(echo);
  for (const std::string method : {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}) {
    for (const std::string body : {"", "body"}) {
      if (method == "HEAD" && !body.empty()) continue;
      CAPTURE(method);
      OutgoingRequest request = request_to(pair.url("/"), method);
      request.body = body;
      const auto answer = ask(pair.loop, pair.client->send(std::move(request)));
      REQUIRE(answer);
      CHECK(*answer->headers.find("X-Request") == method + " /?");
      CHECK(answer->body == body);
    }
  }
}

TEST_CASE("a request has nothing of the one before it, whichever it was and however it ended") {
  Pair pair(echo);
  const auto plain = [&pair] {
    const auto answer = ask(pair.loop, pair.client->send(request_to(pair.url("/plain"))));
    REQUIRE(answer);
    CHECK(*answer->headers.find("X-Request") == "GET /plain?");
    CHECK(answer->body.empty());
    for (const char* name : {"X-Got-X-Key", "X-Got-Content-Type", "X-Got-Content-Length", "X-Got-Authorization"})
      CHECK(answer->headers.find(name) == nullptr);
  };
  plain();
  for (const std::string method : {"HEAD", "POST", "PUT", "DELETE", "OPTIONS"}) {
    CAPTURE(method);
    OutgoingRequest request = request_to(pair.url("/before?x=1"), method);
    request.headers.add("X-Key", "secret");
    request.headers.add("Authorization", "Bearer secret");
    if (method != "HEAD") {
      request.headers.add("Content-Type", "text/plain");
      request.body = "body of the one before";
    }
    REQUIRE(ask(pair.loop, pair.client->send(std::move(request))));
    plain();
  }
  OutgoingRequest small = request_to(pair.url("/before"), "POST");
  small.body = std::string(2000, 'x');
  small.max_response_bytes = 1000;
  CHECK_FALSE(ask(pair.loop, pair.client->send(std::move(small))));
  plain();
  OutgoingRequest strange = request_to("https://127.0.0.1:" + std::to_string(pair.server->port()) + "/");
  strange.ca_file = "/nonexistent";
  CHECK_FALSE(ask(pair.loop, pair.client->send(std::move(strange))));
  plain();
}

TEST_CASE("large bodies go both ways") {
  HttpServerLimits limits;
  limits.max_body_bytes = 8u << 20;
  Pair pair(echo, limits);
  OutgoingRequest request = request_to(pair.url("/"), "POST");
  for (std::size_t i = 0; i < (6u << 20); ++i) request.body += static_cast<char>('a' + i * i % 23);
  const std::string body = request.body;
  const auto answer = ask(pair.loop, pair.client->send(std::move(request)));
  REQUIRE(answer);
  CHECK(answer->body == body);
}

namespace {

/// Answers nobody before `expected` requests have come.
struct Gathering {
  int expected;
  int present = 0;
  News all;
  Task<OutgoingResponse> answer(IncomingRequest request) {
    if (++present == expected) all.announce();
    while (present < expected) co_await all.wait();
    OutgoingResponse response;
    response.body = request.path;
    co_return response;
  }
};

Task<void> send_and_note(HttpClient& client, OutgoingRequest request, std::vector<std::string>& notes) {
  const std::string path = request.url.substr(request.url.rfind('/'));
  const auto answer = co_await client.send(std::move(request));
  notes.push_back(answer && answer->body == path ? "right" : error_of(answer));
}

}  // namespace

TEST_CASE("sixteen requests are under way at once") {
  Gathering gathering{.expected = 16, .all = {}};
  Pair pair([&](IncomingRequest request) { return gathering.answer(std::move(request)); });
  Scope scope(pair.loop);
  std::vector<std::string> notes;
  for (int i = 0; i < 16; ++i) {
    scope.spawn(send_and_note(*pair.client, request_to(pair.url('/' + std::to_string(i))), notes));
  }
  ask(pair.loop, scope.done());
  CHECK(notes == std::vector<std::string>(16, "right"));
}

namespace {

const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Answers `answers` requests on each connection, then reads one more and closes without a word.
struct Fickle {
  std::atomic<int> connections = 0;
  std::atomic<int> requests = 0;
  int answers;
  void operator()(int, RawSocket& socket) {
    ++connections;
    for (int i = 0; i <= answers; ++i) {
      if (socket.receive_until("\r\n\r\n").empty()) return;
      ++requests;
      if (i < answers) socket.send(ok);
    }
  }
};

}  // namespace

TEST_CASE("a connection is used again") {
  Loop loop;
  Fickle fickle{.answers = 3};
  const RawServer server([&](int number, RawSocket& socket) { fickle(number, socket); });
  const auto client = open_http_client(loop);
  for (int i = 0; i < 3; ++i) CHECK(error_of(ask(loop, client->send(request_to(server.url())))) == "answered with 200");
  CHECK(fickle.connections == 1);
}

TEST_CASE("a write is never sent twice when a kept connection closes, a read is") {
  for (const std::string method : {"POST", "GET"}) {
    Loop loop;
    Fickle fickle{.answers = 1};
    const RawServer server([&](int number, RawSocket& socket) { fickle(number, socket); });
    const auto client = open_http_client(loop);
    CHECK(error_of(ask(loop, client->send(request_to(server.url())))) == "answered with 200");
    const auto second = ask(loop, client->send(request_to(server.url(), method)));
    if (method == "POST") {
      CHECK(error_of(second) == "unsure: HOST closed the connection without an answer");
      CHECK(fickle.requests == 2);
    } else {
      CHECK(error_of(second) == "answered with 200");
      CHECK(fickle.requests == 3);
    }
  }
}

TEST_CASE("private addresses are refused without the right to them, even over a connection that stands") {
  Pair pair(echo);
  const std::string port = std::to_string(pair.server->port());
  for (int round = 0; round < 2; ++round) {
    for (const std::string host : {"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"}) {
      CAPTURE(host);
      OutgoingRequest request = request_to("http://" + host + ':' + port + '/');
      request.private_addresses = false;
      const auto answer = ask(pair.loop, pair.client->send(std::move(request)));
      REQUIRE_FALSE(answer);
      CHECK(answer.error().code == ErrorCode::denied);
      CHECK(answer.error().message.find("is loopback: only a connection in millrace.yaml") != std::string::npos);
    }
    const auto allowed = ask(pair.loop, pair.client->send(request_to(pair.url("/"))));
    CHECK(error_of(allowed) == "answered with 201");
    const auto named = ask(pair.loop, pair.client->send(request_to("http://localhost:" + port + '/')));
    CHECK(error_of(named) == "answered with 201");
  }
}

TEST_CASE(
    "where clouds hand out credentials nobody is asked without a word of its own, however the address is spelled") {
  Loop loop;
  const auto client = open_http_client(loop);
  for (const std::string host :
       {"169.254.169.254", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "2852039166", "0xa9.0xfe.0xa9.0xfe",
        "[fe80::1]", "100.100.100.200", "192.0.0.192", "168.63.129.16", "[::ffff:168.63.129.16]", "[fd00:ec2::254]",
        "[fd00:c1::a9fe:a9fe]", "[fd00:42::42]", "[fd20:ce::254]"}) {
    CAPTURE(host);
    OutgoingRequest request = request_to("http://" + host + '/');
    request.connection = "cloud";
    const auto answer = ask(loop, client->send(std::move(request)));
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == ErrorCode::denied);
    CHECK(answer.error().message.ends_with(
        "connection \"cloud\" may reach it where millrace.yaml says link_local: true of it"));
  }
}

TEST_CASE("the right to this machine is none to a private network, and a connection says what gives it") {
  Pair pair(echo);
  OutgoingRequest here = request_to(pair.url("/"));
  here.private_addresses = false;
  here.loopback_addresses = true;
  CHECK(error_of(ask(pair.loop, pair.client->send(here))) == "answered with 201");
  here.url = "http://10.0.0.1/";
  here.connection = "shop";
  const auto there = ask(pair.loop, pair.client->send(here));
  REQUIRE_FALSE(there);
  CHECK(there.error().message ==
        "address 10.0.0.1 is private: connection \"shop\" may reach it where millrace.yaml says private: true of it");
}

TEST_CASE("a redirect is an answer, not an order") {
  const auto answer = ask_raw([](int, RawSocket& socket) {
    socket.receive_until("\r\n\r\n");
    socket.send("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n");
  });
  REQUIRE(answer);
  CHECK(answer->status == 302);
  CHECK(*answer->headers.find("location") == "http://169.254.169.254/");
}

TEST_CASE("interim answers and trailers do not mix with the headers") {
  const auto answer = ask_raw([](int, RawSocket& socket) {
    socket.receive_until("\r\n\r\n");
    socket.send("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n");
    socket.send("HTTP/1.1 200 OK\r\nX-Late: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Last: 3\r\n\r\n");
  });
  REQUIRE(answer);
  CHECK(answer->headers.find("X-Early") == nullptr);
  CHECK(answer->headers.find("X-Last") == nullptr);
  CHECK(*answer->headers.find("X-Late") == "2");
  CHECK(answer->body == "ok");
}

TEST_CASE("an answer larger than allowed is refused, announced or not") {
  for (const std::string framing : {"Content-Length: 1001\r\n", "Connection: close\r\n"}) {
    Loop loop;
    const RawServer server([&](int, RawSocket& socket) {
      socket.receive_until("\r\n\r\n");
      socket.send("HTTP/1.1 200 OK\r\n" + framing + "\r\n" + std::string(1001, 'x'));
    });
    const auto client = open_http_client(loop);
    OutgoingRequest request = request_to(server.url());
    request.max_response_bytes = 1000;
    const auto answer = ask(loop, client->send(std::move(request)));
    CHECK(error_of(answer) == "invalid: the answer of HOST is larger than 1000 bytes");
  }
}

namespace {

Task<void> wait_then_stop(News& begun, Scope& scope) {
  co_await begun.wait();
  co_await scope.stop();
}

}  // namespace

TEST_CASE("cancelling the task that waits calls the request off") {
  Loop loop;
  News begun;
  const RawServer server([&](int, RawSocket& socket) {
    socket.receive_until("\r\n\r\n");
    loop.post([&] { begun.announce(); });
    CHECK(socket.receive_all().empty());  // ends because the client hangs up
  });
  const auto client = open_http_client(loop);
  Scope scope(loop);
  std::vector<std::string> notes;
  scope.spawn(send_and_note(*client, request_to(server.url(), "POST"), notes));
  const auto begin = std::chrono::steady_clock::now();
  ask(loop, wait_then_stop(begun, scope));
  CHECK(notes == std::vector<std::string>{"cancelled: the request to HOST was called off"});
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
}

namespace {

/// "left" or "stayed", as the client tells of a request.
std::string whereabouts(Result<IncomingResponse> (*play)(OutgoingRequest), OutgoingRequest request) {
  bool left = true;
  request.may_have_left = &left;
  (void)play(std::move(request));
  return left ? "left" : "stayed";
}

Result<IncomingResponse> sent_alone(OutgoingRequest request) {
  Loop loop;
  const auto client = open_http_client(loop);
  return ask(loop, client->send(std::move(request)));
}

/// Called off while its connection is being made.
Result<IncomingResponse> sent_and_called_off(OutgoingRequest request) {
  Loop loop;
  const auto client = open_http_client(loop);
  Scope scope(loop);
  std::vector<std::string> notes;
  scope.spawn(send_and_note(*client, std::move(request), notes));
  ask(loop, scope.stop());
  CHECK(notes.at(0).starts_with("cancelled: "));
  return Error{ErrorCode::cancelled, notes.at(0)};
}

}  // namespace

TEST_CASE("whoever sends is told whether anything may have left") {
  const RawServer silent([](int, RawSocket& socket) { socket.receive_until("\r\n\r\n"); });
  CHECK(whereabouts(sent_alone, request_to(silent.url(), "POST")) == "left");
  CHECK(whereabouts(sent_alone, request_to("http://127.0.0.1/a b", "POST")) == "stayed");
  CHECK(whereabouts(sent_alone, request_to("http://127.0.0.1:1/", "POST")) == "stayed");
  OutgoingRequest broken = request_to(silent.url(), "POST");
  broken.headers.add("X-A", "1\r\nX-B: 2");
  CHECK(whereabouts(sent_alone, std::move(broken)) == "stayed");
  OutgoingRequest refused = request_to(silent.url(), "POST");
  refused.private_addresses = false;
  CHECK(whereabouts(sent_alone, std::move(refused)) == "stayed");
  CHECK(whereabouts(sent_and_called_off, request_to(silent.url(), "POST")) == "stayed");
}

TEST_SUITE_END();
