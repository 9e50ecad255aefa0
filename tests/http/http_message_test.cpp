#include "http/http_message.hpp"

#include <doctest/doctest.h>

#include "http/egress.hpp"

using namespace millrace;

TEST_SUITE_BEGIN("http");

TEST_CASE("headers keep their order and are found without regard to case") {
  HttpHeaders headers;
  headers.add("Accept", "a");
  headers.add("X-Tag", "1");
  headers.add("x-tag", "2");
  REQUIRE(headers.find("X-TAG") != nullptr);
  CHECK(*headers.find("X-TAG") == "1");
  CHECK(headers.find("X-Ta") == nullptr);

  headers.set("X-tag", "3");
  headers.set("New", "4");
  std::string all;
  for (const auto& [name, value] : headers) all += name + '=' + value + ' ';
  CHECK(all == "Accept=a X-Tag=3 New=4 ");
}

TEST_CASE("percent encoding spares only unreserved characters, and is undone") {
  const std::string text = "aZ9-._~ /?&=+%\xc3\xa9\n";
  CHECK(percent_encode(text) == "aZ9-._~%20%2F%3F%26%3D%2B%25%C3%A9%0A");
  CHECK(percent_decode(percent_encode(text)) == text);
  CHECK(percent_decode("a+b%2bc") == "a+b+c");
  for (const char* malformed : {"%", "%1", "a%zz", "%1g"}) CHECK_FALSE(percent_decode(malformed).has_value());
}

TEST_CASE("queries are written and read pair by pair") {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  const Pairs pairs = {{"a", "1"}, {"b c", "x=y&z"}, {"empty", ""}};
  CHECK(encode_query(pairs) == "a=1&b%20c=x%3Dy%26z&empty=");
  CHECK(decode_query(encode_query(pairs)) == pairs);
  CHECK(decode_query("a=1+2&&flag&b=%zz&=v") == Pairs{{"a", "1 2"}, {"flag", ""}, {"b", "%zz"}, {"", "v"}});
  CHECK(decode_query("").empty());
}

TEST_CASE("addresses that are not public are recognised in every dress") {
  for (const char* address : {"127.0.0.1",
                              "127.255.255.255",
                              "0.0.0.0",
                              "10.0.0.1",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.168.1.1",
                              "100.64.0.1",
                              "100.127.255.255",
                              "169.254.169.254",
                              "224.0.0.1",
                              "240.0.0.1",
                              "255.255.255.255",
                              "198.18.0.1",
                              "192.0.2.1",
                              "::",
                              "::1",
                              "fe80::1",
                              "fe80::1%lo",
                              "febf::1",
                              "fc00::1",
                              "fd12:3456::1",
                              "ff02::1",
                              "::ffff:127.0.0.1",
                              "::ffff:169.254.169.254",
                              "::127.0.0.1",
                              "64:ff9b::10.0.0.1",
                              "2002:7f00:1::",
                              "2001::1",
                              "2001:db8::1",
                              "localhost",
                              "127.1",
                              "",
                              "1.2.3.4.5"}) {
    CAPTURE(address);
    CHECK(why_not_public(address).has_value());
  }
  CHECK(why_not_public("10.1.2.3") == "private");
  CHECK(why_not_public("::ffff:127.0.0.1") == "loopback");
  CHECK(why_not_public("169.254.169.254") == "link-local");
}

TEST_CASE("public addresses are let through") {
  for (const char* address :
       {"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.1", "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.167.255.255", "198.17.255.255",
        "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::"}) {
    CAPTURE(address);
    CHECK_FALSE(why_not_public(address).has_value());
  }
}

TEST_SUITE_END();
