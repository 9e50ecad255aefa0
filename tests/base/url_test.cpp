#include "base/url.hpp"

#include <doctest/doctest.h>

#include <string>

namespace millrace {

TEST_SUITE_BEGIN("base");

TEST_CASE("only what surely leads to this machine counts as loopback") {
  for (const char* url : {"http://localhost", "http://localhost.:8720/x", "https://LOCALHOST/", "http://127.0.0.1:8720",
                          "http://127.255.0.9/", "http://[::1]:80/", "http://[0:0:0:0:0:0:0:1]",
                          "http://[::ffff:127.0.0.1]", "http://[::FFFF:7f00:1]/"}) {
    CAPTURE(url);
    const auto read = parse_url(url);
    REQUIRE(read);
    CHECK(read->loopback());
  }
  for (const char* url :
       {"https://127.example.com", "https://127.0.0.1.example.com", "http://127.1", "http://127.0.0.1.",
        "http://127.0.0.256", "http://0127.0.0.1", "http://2130706433", "http://0.0.0.0", "http://128.0.0.1",
        "http://localhost.example.com", "http://localhost..", "http://xlocalhost", "http://[::]", "http://[::2]",
        "http://[::ffff:128.0.0.1]", "http://[::127.0.0.1]", "http://[1::1]", "http://example.com/127.0.0.1",
        "http://example.com?://127.0.0.1"}) {
    CAPTURE(url);
    const auto read = parse_url(url);
    REQUIRE(read);
    CHECK_FALSE(read->loopback());
  }
}

TEST_CASE("a URL whose host two readers may understand differently is no URL, so it is no loopback either") {
  for (const char* url :
       {"http://127.0.0.1:80@evil.example", "http://127.0.0.1@evil.example/", "http://user@127.0.0.1@evil.example",
        "http://user@127.0.0.1", "http://evil.example\\@127.0.0.1", "http://127.0.0.1 .example.com",
        "http://127.0.0.1\t", "http://[::1", "http://[::1%25eth0]/", "http://127.0.0.1:", "http://127.0.0.1:0",
        "http://127.0.0.1:65536", "http://127%2E0.0.1/", "//127.0.0.1", "ftp://127.0.0.1", "127.0.0.1", "http://",
        ""}) {
    CAPTURE(url);
    CHECK_FALSE(parse_url(url));
  }
}

TEST_CASE("what a token is bound to is the scheme, the host in lower case and the port, said or not") {
  const auto read = parse_url("HTTPS://Api.Example.COM/v1/?x=1#part");
  REQUIRE(read);
  CHECK(read->origin() == "https://api.example.com:443");
  CHECK(read->place() == "api.example.com");
  CHECK(read->rest == "/v1/?x=1");
  CHECK(parse_url("http://[::1]:8720")->origin() == "http://[::1]:8720");
}

TEST_SUITE_END();

}  // namespace millrace
