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

TEST_CASE("what stands after a host is told as it is written, whatever else is wrong with the URL") {
  CHECK(rest_of("https://me@a.example:0/x?y#z") == "/x?y#z");
  CHECK(rest_of("https://a.example?key=a/b") == "?key=a/b");
  CHECK(rest_of("smtp://a.example#x") == "#x");
  CHECK(rest_of("https://a.example\\b") == "\\b");
  CHECK(rest_of("https://[::1]:80").empty());
  CHECK(rest_of("/x?url=y").empty());
}

TEST_SUITE_END();

TEST_CASE("an address lies below another one by its origin and by whole segments of its path") {
  const auto below = [](const char* url, const char* base) { return lies_below(*parse_url(url), *parse_url(base)); };
  for (const char* url :
       {"https://a.example", "https://a.example/", "https://A.example:443/x?y", "https://a.example?y"}) {
    CHECK(below(url, "https://a.example"));
    CHECK(below(url, "https://a.example/"));
  }
  for (const char* url : {"http://a.example", "https://a.example:444/", "https://b.example/", "https://a.example.b/"})
    CHECK_FALSE(below(url, "https://a.example"));
  for (const char* url :
       {"https://a.example/v1", "https://a.example/v1/x", "https://a.example/v1?x", "https://a.example/%76%31/x"}) {
    CHECK(below(url, "https://a.example/v1"));
    CHECK(below(url, "https://a.example/v1/?key=1"));
  }
  for (const char* url : {"https://a.example", "https://a.example/v", "https://a.example/v12", "https://a.example//v1",
                          "https://a.example/?/v1", "https://a.example/v1%2Fx", "https://a.example/V1"})
    CHECK_FALSE(below(url, "https://a.example/v1"));
  CHECK(below("https://a.example/a%2fb/c", "https://a.example/a%2Fb"));
  CHECK_FALSE(below("https://a.example/a/b/c", "https://a.example/a%2Fb"));
}

}  // namespace millrace
