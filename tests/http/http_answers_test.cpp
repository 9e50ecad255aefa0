#include "http/client_bench.hpp"

#include <zlib.h>

#include <cstdlib>

#include "http/content_coding.hpp"

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

TEST_CASE("a packed body is the same wherever the network cuts it") {
  std::string text;
  for (int i = 0; i < 300; ++i) text += static_cast<char>('a' + i * i % 23);
  const std::string two = packed(text.substr(0, 100), as_gzip) + packed(text.substr(100), as_gzip);
  const std::vector<std::pair<std::string, std::string>> bodies = {
      {"gzip", packed(text, as_gzip)},
      {"deflate", packed(text, as_zlib)},
      {"deflate", packed(text, as_bare)},
      {"gzip", two},
      {"gzip", packed("", as_gzip) + two + packed("", as_gzip)},
      {"gzip", two + std::string(3, '\0')},
      {"gzip", two + "\n"},
      {"gzip", two + "more"},
      {"deflate", packed(text, as_zlib) + std::string(3, '\0')},
      {"deflate", packed(text, as_bare) + std::string(3, '\0')}};
  using Outcome = ContentDecoder::Outcome;
  for (const auto& [coding, body] : bodies) {
    for (std::size_t cut = 0; cut <= body.size(); ++cut) {
      const auto decoder = ContentDecoder::of(coding);
      std::string unpacked;
      const bool good = decoder->add(body.substr(0, cut), unpacked, 1000) == Outcome::good &&
                        decoder->add(body.substr(cut), unpacked, 1000) == Outcome::good;
      CHECK_MESSAGE(good, cut);
      CHECK_MESSAGE(decoder->whole(), cut);
      CHECK(unpacked == text);
    }
    const auto decoder = ContentDecoder::of(coding);
    std::string unpacked;
    for (const char byte : body) CHECK(decoder->add(std::string(1, byte), unpacked, 1000) == Outcome::good);
    CHECK(decoder->whole());
    CHECK(unpacked == text);
  }
}

TEST_CASE("a packed body whose next part only begins breaks off, wherever the network cuts it") {
  const std::string first = packed("first", as_gzip);
  const std::string next = packed("next", as_gzip);
  for (std::size_t size = 1; size < next.size(); ++size) {
    for (std::size_t cut = 0; cut <= first.size() + size; ++cut) {
      const std::string body = first + next.substr(0, size);
      const auto decoder = ContentDecoder::of("gzip");
      std::string unpacked;
      decoder->add(body.substr(0, cut), unpacked, 1000);
      decoder->add(body.substr(cut), unpacked, 1000);
      CHECK_FALSE(decoder->whole());
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

TEST_CASE("a body that was packed several times is unpacked as often, the last coding first") {
  const std::string text(3000, 'x');
  const std::string twice = packed(packed(text, as_gzip), as_gzip);
  const std::vector<std::pair<std::string, std::string>> bodies = {
      {"gzip, gzip", twice},
      {"gzip\r\nContent-Encoding: GZip", twice},
      {"identity, gzip", packed(text, as_gzip)},
      {"gzip,, deflate ,", packed(packed(text, as_gzip), as_zlib)},
      {"deflate, identity, x-gzip", packed(packed(text, as_bare), as_gzip)}};
  for (const auto& [codings, body] : bodies) {
    for (const std::size_t piece : {std::size_t(1), std::size_t(1) << 20}) {
      CAPTURE(codings);
      const auto answer = ask_packed(codings, body, piece);
      REQUIRE_MESSAGE(answer, error_of(answer));
      CHECK(answer->body == text);
      CHECK(answer->headers.find("Content-Encoding") == nullptr);
    }
  }
  CHECK(error_of(ask_packed("gzip, gzip", packed(text, as_gzip))) ==
        "invalid: the answer of HOST is not packed as it says (gzip, gzip)");
  CHECK(error_of(ask_packed("gzip, gzip", packed(packed(text, as_gzip).substr(0, 20), as_gzip))) ==
        "unsure: the answer of HOST breaks off");
  const std::string bomb = packed(packed(std::string(4u << 20, '0'), as_gzip), as_gzip);
  CHECK(error_of(ask_packed("gzip, gzip", bomb)) == "invalid: the answer of HOST is larger than 1 MiB");
  const std::string inner_bomb = packed(packed("", as_gzip) + std::string(4u << 20, '\0'), as_gzip);
  CHECK(error_of(ask_packed("gzip, gzip", inner_bomb)) == "invalid: the answer of HOST is larger than 1 MiB");
}

TEST_CASE("a coding that is none leaves the body as it came, and so do more of them than anybody uses") {
  for (const char* none : {"identity", "", "Identity , identity", "utf-8"}) {
    const auto answer = ask_packed(none, "{}");
    REQUIRE_MESSAGE(answer, error_of(answer));
    CHECK(answer->body == "{}");
  }
  const auto many = ask_packed("gzip, gzip, gzip, gzip, gzip", "{}");
  REQUIRE_MESSAGE(many, error_of(many));
  CHECK(many->body == "{}");
}

TEST_CASE("a length that is no number makes an answer a broken one") {
  const auto ask_with = [](const std::string& fields, const std::string& method = "GET") {
    Loop loop;
    const RawServer server([&](int, RawSocket& socket) {
      socket.receive_until("\r\n\r\n");
      socket.send("HTTP/1.1 200 OK\r\n" + fields + "\r\n" + (method == "HEAD" ? "" : "{}and more"));
    });
    const auto client = open_http_client(loop);
    return ask(loop, client->send(request_to(server.url(), method)));
  };
  for (const char* length : {"2x", "2 2", "2,3", "+2", "0x2", "2.0"}) {
    CAPTURE(length);
    CHECK(error_of(ask_with("Content-Length: " + std::string(length) + "\r\n")) ==
          "unsure: the answer of HOST does not say where it ends (Content-Length: " + std::string(length) + ")");
  }
  CHECK(error_of(ask_with("Content-Length: 2\r\nContent-Length: 3\r\n"))
            .starts_with("unsure: the answer of HOST does not say where it ends"));
  const auto twice = ask_with("Content-Length: 2\r\nContent-Length: 2\r\n");
  REQUIRE_MESSAGE(twice, error_of(twice));
  CHECK(twice->body == "{}");
  CHECK(ask_with("Content-Length: 2x\r\n", "HEAD"));
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
  CHECK(refusal(request_to("http://example.com/", "GET / HTTP/1.1\r\nHost: h\r\nX: ")) ==
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

TEST_SUITE_END();
