#include "base/url_path.hpp"

#include <doctest/doctest.h>

#include <string>

namespace millrace {

TEST_SUITE_BEGIN("base");

TEST_CASE("a path leads nowhere but down, however its way up is written") {
  for (const char* path :
       {"/../admin", "/..", "..", "/a/../b", "/%2e%2e/admin", "/.%2E/admin", "/%2E./admin", "/..;/admin",
        "/..;a=b/admin", "/%2e%2e;x/admin", "/a/..%3b/admin", "/..%2fadmin", "/a%2f..%2f..%2fadmin",
        "/%252e%252e/admin", "/%25252e%25252e/admin", "/..%252fadmin", "/%2e%2e/%zz", "/%zz/%2e%2e"}) {
    CAPTURE(path);
    CHECK(strange_in_path(path) == "cannot hold \"..\"");
  }
  for (const char* path : {"/..\\admin", "/a\\b", "/..%5cadmin", "/%5C..%5cadmin", "/a%255cb"}) {
    CAPTURE(path);
    CHECK(strange_in_path(path) == "holds a backslash");
  }
  for (const char* path : {"/a%00", "/a\tb", "/a%7f", "/a%2500b"}) {
    CAPTURE(path);
    CHECK(strange_in_path(path) == "holds a control character");
  }
  CHECK(strange_in_path(std::string_view("/a\0b", 4)) == "holds a control character");
  CHECK(strange_in_path("/a%0d%0ab") == "holds a line break");
  for (const char* path : {"/%c0%ae%c0%ae/admin", "/%e0%80%ae%e0%80%ae/admin", "/%f0%80%80%ae%f0%80%80%ae/admin",
                           "/..%e0%80%afadmin", "/%25e0%2580%25ae/admin", "/caf%e9", "/%ed%a0%80", "/a%ff", "/a%c3"}) {
    CAPTURE(path);
    CHECK(strange_in_path(path) == "holds bytes that are no text");
  }
  for (const char* path : {"/%u002e%u002e/admin", "/%U002E%U002e/admin", "/a%u2215b", "/%25u002e%25u002e/admin"}) {
    CAPTURE(path);
    CHECK(strange_in_path(path) == "holds \"%u\", which is no encoding of an address");
  }
  CHECK(strange_in_path("/%2525252525252561") == "is encoded again and again");
}

TEST_CASE("what only looks odd is left alone") {
  for (const char* path : {"",          "/",       "/v1/orders/17",  "/a/./b",        "/...",   "/..a",
                           "/a..",      "/a..b/c", "/.well-known/x", "/a;b=c",        "/100%",  "/%zz",
                           "/100%unit", "/%u00",   "/caf%C3%A9",     "/%F0%9F%98%80", "/a%20b", "/owner%2Fname",
                           "/50%25",    "//a",     "/a%3Fb"}) {
    CAPTURE(path);
    CHECK(strange_in_path(path).empty());
  }
}

TEST_CASE("what stands in a path as one segment may hold slashes, and does not lead up from where it begins") {
  for (const char* text : {"owner/name", "a/../b", "a/b/../../c", "a/./b", "2026-01-01", "50% off", "x;y"}) {
    CAPTURE(text);
    CHECK(strange_in_segment(text).empty());
  }
  for (const char* text :
       {"..", "../admin", "a/../../b", "..;/x", "%2e%2e", "%2e%2e/admin", "..%2fadmin", "/..", "./../x"}) {
    CAPTURE(text);
    CHECK(strange_in_segment(text) == "cannot hold \"..\"");
  }
  CHECK(strange_in_segment("a\\b") == "holds a backslash");
  CHECK(strange_in_segment("a\nb") == "holds a line break");
}

TEST_CASE("an address is judged with its query, and sent with what people write encoded once") {
  CHECK(strange_in_address("/a?b=../c\\d e") == "");
  CHECK(strange_in_address("/../a?b") == "cannot hold \"..\"");
  CHECK(strange_in_address("/a?b=c\n") == "holds a line break");
  CHECK(strange_in_address("/a?b=\x7f") == "holds a control character");
  CHECK(as_sent("/Ada Lovelace?q=ä") == "/Ada%20Lovelace?q=%C3%A4");
  CHECK(as_sent(as_sent("/Ada Lovelace?q=ä")) == "/Ada%20Lovelace?q=%C3%A4");
  CHECK(as_sent("/a%2Fb+c?d=%ZZ&e=<f>") == "/a%2Fb+c?d=%ZZ&e=<f>");
}

TEST_SUITE_END();

}  // namespace millrace
