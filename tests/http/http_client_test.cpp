#include "http/http_client.hpp"

#include <doctest/doctest.h>
#include <zlib.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>

#include "ask.hpp"
#include "http/http_server.hpp"
#include "raw_socket.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::ask;
using test::RawServer;
using test::RawSocket;

namespace {

OutgoingRequest request_to(const std::string& url, const std::string& method = "GET") {
  OutgoingRequest request;
  request.method = method;
  request.url = url;
  request.deadline = Deadline::in(10s);
  request.private_addresses = true;
  return request;
}

/// Says what came, in the headers and the body of its answer.
Task<OutgoingResponse> echo(IncomingRequest request) {
  OutgoingResponse response;
  response.status = 201;
  std::string seen = request.method + ' ' + request.path + '?' + request.query;
  response.headers.add("X-Request", std::move(seen));
  for (const auto& [name, value] : request.headers) response.headers.add("X-Got-" + name, value);
  response.body = std::move(request.body);
  co_return response;
}

/// A loop with our server and our client on it.
struct Pair {
  explicit Pair(HttpHandler handler, HttpServerLimits limits = {}) {
    auto opened = open_http_server(loop, "127.0.0.1:0", std::move(handler), limits);
    REQUIRE(opened);
    server = std::move(*opened);
  }
  ~Pair() { ask(loop, server->stop()); }
  std::string url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(server->port()) + path; }

  Loop loop;
  std::unique_ptr<HttpServer> server;
  std::unique_ptr<HttpClient> client = open_http_client(loop);
};

/// One request to a server that plays `play`.
Result<IncomingResponse> ask_raw(std::function<void(int, RawSocket&)> play, const std::string& method = "GET",
                                 Duration patience = 10s) {
  Loop loop;
  const RawServer server(std::move(play));
  const auto client = open_http_client(loop);
  OutgoingRequest request = request_to(server.url(), method);
  request.deadline = Deadline::in(patience);
  return ask(loop, client->send(std::move(request)));
}

std::string error_of(const Result<IncomingResponse>& result) {
  if (result) return "answered with " + std::to_string(result->status);
  const std::string& message = result.error().message;
  const std::size_t begin = message.find("127.0.0.1:");
  std::size_t end = begin == std::string::npos ? begin : begin + 10;
  while (end < message.size() && message[end] >= '0' && message[end] <= '9') ++end;
  const std::string portless =
      begin == std::string::npos ? message : message.substr(0, begin) + "HOST" + message.substr(end);
  return std::string(name_of(result.error().code)) + ": " + portless;
}

}  // namespace

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

/// `content` in the wrapper that `window` names.
std::string packed(const std::string& content, int window) {
  z_stream stream = {};
  REQUIRE(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, content.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

constexpr int as_gzip = MAX_WBITS + 16;
constexpr int as_zlib = MAX_WBITS;
constexpr int as_bare = -MAX_WBITS;

/// An answer with that coding, sent in pieces of `piece` bytes.
Result<IncomingResponse> ask_packed(const std::string& coding, const std::string& body, std::size_t piece = 1 << 20,
                                    std::size_t most = 1 << 20, const std::string& method = "GET") {
  Loop loop;
  std::string asked;
  const RawServer server([&](int, RawSocket& socket) {
    asked = socket.receive_until("\r\n\r\n");
    std::string answer = "HTTP/1.1 200 OK\r\nContent-Encoding: " + coding +
                         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    if (method != "HEAD") answer += body;
    for (std::size_t at = 0; at < answer.size(); at += piece) socket.send(answer.substr(at, piece));
  });
  const auto client = open_http_client(loop);
  OutgoingRequest request = request_to(server.url(), method);
  request.max_response_bytes = most;
  auto answer = ask(loop, client->send(std::move(request)));
  CHECK(asked.find("Accept-Encoding: gzip, deflate\r\n") != std::string::npos);
  return answer;
}

}  // namespace

TEST_CASE("a body that comes packed is unpacked") {
  std::string text = "{\"ok\":true}";
  for (int i = 0; i < 5000; ++i) text += static_cast<char>('a' + i * i % 23);
  const std::vector<std::pair<std::string, std::string>> bodies = {
      {"gzip", packed(text, as_gzip)},
      {"X-GZip", packed(text, as_gzip)},
      {"deflate", packed(text, as_zlib)},
      {"deflate", packed(text, as_bare)},
      {"gzip", packed(text.substr(0, 100), as_gzip) + packed(text.substr(100), as_gzip)},
      {"gzip", packed(text, as_gzip) + std::string(512, '\0')}};
  for (const auto& [coding, body] : bodies) {
    for (const std::size_t piece : {std::size_t(1), std::size_t(1) << 20}) {
      const auto answer = ask_packed(coding, body, piece);
      REQUIRE_MESSAGE(answer, error_of(answer));
      CHECK(answer->body == text);
      CHECK(answer->headers.find("Content-Encoding") == nullptr);
      CHECK(answer->headers.find("Content-Length") == nullptr);
    }
  }
}

TEST_CASE("what is not packed as it says is no answer, and what breaks off inside is none either") {
  const std::string whole = packed(std::string(5000, 'x') + "end", as_gzip);
  for (const std::size_t size : {whole.size() - 1, whole.size() - 9, std::size_t(12), std::size_t(1)})
    CHECK(error_of(ask_packed("gzip", whole.substr(0, size))) == "unsure: the answer of HOST breaks off");
  CHECK(error_of(ask_packed("deflate", "x")) == "unsure: the answer of HOST breaks off");
  CHECK(error_of(ask_packed("gzip", "{\"ok\":true}")) == "invalid: the answer of HOST is not packed as it says (gzip)");
  std::string damaged = whole;
  damaged[damaged.size() - 6] ^= 1;  // of the checksum
  CHECK(error_of(ask_packed("gzip", damaged)).starts_with("invalid: the answer of HOST is not packed as it says"));
}

TEST_CASE("a small body that grows beyond what is taken is refused") {
  const std::string bomb = packed(std::string(4u << 20, '0'), as_gzip);
  CHECK(bomb.size() < 5000);
  CHECK(error_of(ask_packed("gzip", bomb)) == "invalid: the answer of HOST is larger than 1 MiB");
  const auto fits = ask_packed("gzip", bomb, 1 << 20, 4u << 20);
  REQUIRE(fits);
  CHECK(fits->body.size() == 4u << 20);
}

TEST_CASE("a packed answer without a body, and a coding that nobody asked for, are left as they are") {
  const auto none = ask_packed("gzip", packed("x", as_gzip), 1 << 20, 1 << 20, "HEAD");
  REQUIRE_MESSAGE(none, error_of(none));
  CHECK(none->body.empty());
  const auto other = ask_packed("br", "\x0b\x02\x80hello\x03");
  REQUIRE(other);
  CHECK(other->body == "\x0b\x02\x80hello\x03");
  CHECK(*other->headers.find("Content-Encoding") == "br");
}

TEST_CASE("headers without end are refused") {
  const auto answer = ask_raw([](int, RawSocket& socket) {
    socket.receive_until("\r\n\r\n");
    socket.send("HTTP/1.1 200 OK\r\n");
    while (socket.send("X-More: " + std::string(1000, 'x') + "\r\n")) continue;
  });
  CHECK(error_of(answer) == "invalid: the answer of HOST has too many headers");
}

TEST_CASE("what goes wrong on the wire is said in words") {
  using Play = std::function<void(int, RawSocket&)>;
  const auto after_request = [](std::string answer) -> Play {
    return [answer](int, RawSocket& socket) {
      socket.receive_until("\r\n\r\n");
      socket.send(answer);
    };
  };
  CHECK(error_of(ask_raw(after_request(""))) == "unsure: HOST closed the connection without an answer");
  CHECK(error_of(ask_raw(after_request("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"))) ==
        "unsure: HOST closed the connection in the middle of its answer");
  CHECK(error_of(ask_raw(after_request("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal"))) ==
        "unsure: HOST closed the connection in the middle of its answer");
  CHECK(error_of(ask_raw(after_request("SSH-2.0-OpenSSH_9.2\r\n"))) == "unsure: HOST did not answer in HTTP");
  // The time that is told is what was left when the request went out.
  CHECK(error_of(ask_raw([](int, RawSocket& socket) { socket.receive_all(); }, "POST", 50ms))
            .starts_with("timeout: no answer from HOST within "));
}

TEST_CASE("an answer that breaks off is no answer, wherever it does") {
  const std::vector<std::string> broken = {
      // In the head, which ends with an empty line.
      "HTTP/1.1 2", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 204 No Content\r\n",
      "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 2",
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r",
      "HTTP/1.1 503 Busy\r\nRetry-After: 1\r\n", "HTTP/1.1 302 Found\r\nLocation: /x\r\n",
      "HTTP/1.0 200 OK\nServer: old\n",
      // After an interim answer, or with nothing but one.
      "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",
      "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Le",
      // In the body.
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n",
      // Something else before it, or instead of it.
      "garbage\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "\r\n\r\n", "200 OK\r\n\r\n",
      "HTTP/1.1 200 OK\r\nno header\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok"};
  for (const std::string method : {"GET", "POST"}) {
    for (const std::string& sent : broken) {
      CAPTURE(method);
      CAPTURE(sent);
      const auto answer = ask_raw(
          [&sent](int, RawSocket& socket) {
            socket.receive_until("\r\n\r\n");
            socket.send(sent);
          },
          method);
      CHECK(error_of(answer).starts_with("unsure: HOST "));
    }
  }
}

TEST_CASE("what a far side says beyond its answer is not the answer to the next request") {
  Loop loop;
  const RawServer server([](int, RawSocket& socket) {
    while (!socket.receive_until("\r\n\r\n").empty()) {
      socket.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    }
  });
  const auto client = open_http_client(loop);
  for (int i = 0; i < 3; ++i) CHECK(error_of(ask(loop, client->send(request_to(server.url())))) == "answered with 200");
}

TEST_CASE("an answer that stops half-way runs into the deadline") {
  const auto answer = ask_raw(
      [](int, RawSocket& socket) {
        socket.receive_until("\r\n\r\n");
        socket.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nslow");
        socket.receive_all();
      },
      "GET", 100ms);
  CHECK(error_of(answer).starts_with("timeout: no answer from HOST within "));
}

TEST_CASE("nobody there is said to be so, and surely nothing was sent") {
  int port = 0;
  {
    port = RawServer([](int, RawSocket&) {}).port();
  }
  Loop loop;
  const auto client = open_http_client(loop);
  const std::string place = "127.0.0.1:" + std::to_string(port);
  const auto refused = ask(loop, client->send(request_to("http://" + place + '/', "POST")));
  CHECK(error_of(refused) == "unavailable: could not connect to HOST (connection refused)");

  OutgoingRequest late = request_to("http://" + place + '/');
  late.deadline = Deadline::in(-1s);
  CHECK(error_of(ask(loop, client->send(std::move(late)))) == "unavailable: no time was left to ask HOST");

  const auto unnamed = ask(loop, client->send(request_to("http://no-such-host.invalid/")));
  CHECK(error_of(unnamed) == "unavailable: could not find the address of no-such-host.invalid");
}

TEST_CASE("TLS is not spoken with a server that cannot") {
  Loop loop;
  const RawServer server([](int, RawSocket& socket) {
    socket.receive_until("\x03");
    socket.send("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  const auto client = open_http_client(loop);
  const auto answer = ask(loop, client->send(request_to("https://127.0.0.1:" + std::to_string(server.port()) + '/')));
  CHECK(error_of(answer).starts_with("unavailable: could not set up TLS with HOST ("));
}

TEST_CASE("what cannot be a request is refused before anything is sent") {
  Loop loop;
  const auto client = open_http_client(loop);
  const auto refusal = [&](OutgoingRequest request) { return error_of(ask(loop, client->send(std::move(request)))); };
  CHECK(refusal(request_to("ftp://example.com/")) == "invalid: \"ftp://example.com/\" is not an http or https address");
  CHECK(refusal(request_to("file:///etc/passwd")) == "invalid: \"file:///etc/passwd\" is not an http or https address");
  CHECK(refusal(request_to("")) == "invalid: \"\" is not an http or https address");
  CHECK(refusal(request_to("http://a b/")) == "invalid: \"http://a b/\" is not an http or https address");
  CHECK(refusal(request_to("http://x/\r\nHost: y")).starts_with("invalid: "));
  CHECK(refusal(request_to("https://user:word@example.com/?token=t")) ==
        "invalid: the address of example.com holds a user name or password: use a connection with a secret instead");
  CHECK(refusal(request_to("http://example.com/", "GET / HTTP/1.1\r\nX: ")) ==
        "invalid: the request to example.com has no valid method");
  OutgoingRequest broken = request_to("http://example.com/");
  broken.headers.add("X-Name", "a\r\nX-Other: b");
  CHECK(refusal(std::move(broken)) == "invalid: header \"X-Name\" of the request to example.com holds a line break");
  OutgoingRequest framed = request_to("http://example.com/");
  framed.headers.add("content-length", "5");
  CHECK(refusal(std::move(framed)) == "invalid: header \"content-length\" is set by Millrace itself: leave it out");
}

TEST_CASE("proxies that the environment names are ignored") {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  ::setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
  Pair pair(echo);
  CHECK(error_of(ask(pair.loop, pair.client->send(request_to(pair.url("/"))))) == "answered with 201");
  ::unsetenv("http_proxy");
  ::unsetenv("ALL_PROXY");
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

TEST_SUITE_END();
