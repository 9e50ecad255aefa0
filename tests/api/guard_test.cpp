#include "api/guard.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

using namespace millrace;

namespace {

const std::string token = "0123456789abcdef0123456789abcdef";

IncomingRequest request_with(std::initializer_list<std::pair<std::string, std::string>> headers) {
  IncomingRequest asked;
  asked.method = "GET";
  asked.path = "/api/v1/runs";
  for (const auto& [name, value] : headers) asked.headers.add(name, value);
  return asked;
}

bool lets_in(const std::string& listen, const IncomingRequest& asked) {
  bool token_missing = false;
  return static_cast<bool>(Guard(token, listen).check(asked, token_missing));
}

}  // namespace

TEST_SUITE_BEGIN("api");

TEST_CASE("the token opens the interface, and nothing near it does") {
  const std::string host = "127.0.0.1:8710";
  CHECK(lets_in(host, request_with({{"Host", host}, {"Authorization", "Bearer " + token}})));
  CHECK(lets_in(host, request_with({{"Host", host}, {"authorization", "bearer " + token}})));
  CHECK_FALSE(lets_in(host, request_with({{"Host", host}})));
  CHECK_FALSE(lets_in(host, request_with({{"Host", host}, {"Authorization", "Bearer "}})));
  CHECK_FALSE(lets_in(host, request_with({{"Host", host}, {"Authorization", "Basic " + token}})));
  CHECK_FALSE(lets_in(host, request_with({{"Host", host}, {"Authorization", token}})));
  CHECK_FALSE(lets_in(host, request_with({{"Host", host}, {"Authorization", "Bearer " + token + "0"}})));
  CHECK_FALSE(lets_in(host, request_with({{"Host", host}, {"Authorization", "Bearer " + token.substr(1)}})));
}

TEST_CASE("without a token nobody is let in") {
  bool token_missing = false;
  const Guard closed("", "127.0.0.1:8710");
  CHECK_FALSE(closed.check(request_with({{"Host", "127.0.0.1"}, {"Authorization", "Bearer "}}), token_missing));
  CHECK(token_missing);
}

TEST_CASE("a name that is not ours is refused, token or not: a browser was led here") {
  const std::string bearer = "Bearer " + token;
  for (const char* host : {"127.0.0.1:8710", "localhost:8710", "LOCALHOST", "[::1]:8710", "10.0.0.5:80"}) {
    CHECK_MESSAGE(lets_in("10.0.0.5:8710", request_with({{"Host", host}, {"Authorization", bearer}})), host);
  }
  for (const char* host :
       {"evil.example", "evil.example:8710", "127.0.0.1.evil.example", "", "127.0.0.1:evil.example", "localhost:99999",
        "localhost:0", "localhost:80:80", "localhost:80/evil", "localhost@evil.example", "[::1]evil.example",
        "[::1]:80.evil.example", "localhost?evil.example", "localhost#evil.example", "127.0.0.1#",
        "127.0.0.1:8710#evil", "localhost evil.example"}) {
    CHECK_MESSAGE(!lets_in("127.0.0.1:8710", request_with({{"Host", host}, {"Authorization", bearer}})), host);
  }
  CHECK_FALSE(lets_in("127.0.0.1:8710", request_with({{"Authorization", bearer}})));
}

TEST_CASE("who listens everywhere is known by every address and by his own names, and no other name leads there") {
  const auto lets = [](const std::string& host, const std::string& public_url = "") {
    bool token_missing = false;
    const Guard guard(token, "0.0.0.0:8710", public_url);
    return static_cast<bool>(
        guard.check(request_with({{"Host", host}, {"Authorization", "Bearer " + token}}), token_missing));
  };
  char name[256] = {};
  REQUIRE(gethostname(name, sizeof name - 1) == 0);
  for (const std::string host : {"192.0.2.7:8710", "10.0.0.5", "[2001:db8::7]:8710", "localhost:8710", "127.0.0.1"}) {
    CHECK_MESSAGE(lets(host), host);
  }
  CHECK(lets(std::string(name) + ":8710"));
  CHECK(lets("mill.example", "https://Mill.example/flows"));
  for (const std::string host :
       {"mill.example", "evil.example:8710", "192.0.2.7.evil.example", "[evil]", "2130706433", ""}) {
    CHECK_MESSAGE(!lets(host), host);
  }
}

TEST_CASE("further names are known as millrace.yaml has them, with any port, and none beside them") {
  const Guard guard(token, "127.0.0.1:8710", "", {"mill.lan", "[2001:db8::7]"});
  const auto lets = [&](const std::string& host) {
    return static_cast<bool>(guard.check_host(request_with({{"Host", host}})));
  };
  for (const char* host : {"mill.lan", "MILL.lan:8710", "[2001:db8::7]:80", "127.0.0.1:8710"})
    CHECK_MESSAGE(lets(host), host);
  for (const char* host : {"mill.lan.evil.example", "a.mill.lan", "mill", "192.0.2.7"})
    CHECK_MESSAGE(!lets(host), host);
}

TEST_CASE("pages of another origin are refused") {
  const std::string host = "127.0.0.1:8710", bearer = "Bearer " + token;
  CHECK(lets_in(host, request_with({{"Host", host}, {"Authorization", bearer}, {"Origin", "http://127.0.0.1:8710"}})));
  for (const char* origin : {"http://evil.example", "null", "http://127.0.0.1:80", "http://localhost:8710"}) {
    CHECK_MESSAGE(!lets_in(host, request_with({{"Host", host}, {"Authorization", bearer}, {"Origin", origin}})),
                  origin);
  }
}

TEST_CASE("a page whose address is the right needs no token, and takes forms of its own site only") {
  const auto takes = [](const char* method, std::initializer_list<std::pair<std::string, std::string>> headers) {
    IncomingRequest asked = request_with(headers);
    asked.method = method;
    return static_cast<bool>(Guard(token, "127.0.0.1:8710", "https://Mill.example/flows").check_page(asked));
  };
  const std::string host = "127.0.0.1:8710";
  CHECK(takes("GET", {{"Host", host}}));
  CHECK(takes("GET", {{"Host", "MILL.example"}}));
  CHECK_FALSE(takes("GET", {{"Host", "evil.example"}}));
  CHECK_FALSE(takes("GET", {}));
  CHECK(takes("POST", {{"Host", host}}));
  for (const char* origin : {"http://127.0.0.1:8710", "https://mill.example", "null"})
    CHECK_MESSAGE(takes("POST", {{"Host", host}, {"Origin", origin}}), origin);
  for (const char* origin : {"http://evil.example", "http://mill.example", "http://127.0.0.1:80", ""})
    CHECK_MESSAGE(!takes("POST", {{"Host", host}, {"Origin", origin}}), origin);
  CHECK(takes("POST", {{"Host", host}, {"Origin", "null"}, {"Sec-Fetch-Site", "same-origin"}}));
  CHECK_FALSE(takes("POST", {{"Host", host}, {"Origin", "null"}, {"Sec-Fetch-Site", "cross-site"}}));
}

TEST_CASE("without a public address no other name is ours") {
  CHECK_FALSE(Guard(token, "127.0.0.1:8710").check_page(request_with({{"Host", "mill.example"}})));
}

TEST_SUITE_END();
