#include "http/body_text.hpp"

#include <doctest/doctest.h>

#include "base/text.hpp"

using namespace millrace;

namespace {

std::string read(const std::string& content_type, std::string_view body) {
  HttpHeaders headers;
  if (!content_type.empty()) headers.add("Content-Type", content_type);
  return body_text(media_type_of(headers), body).value_or("(no text)");
}

std::string media(const std::string& content_type) {
  HttpHeaders headers;
  headers.add("Content-Type", content_type);
  const MediaType type = media_type_of(headers);
  return type.name + " " + type.charset + (type.json() ? " json" : "") + (type.no_text() ? " no text" : "");
}

std::string wide(std::string_view text, bool big_end, std::size_t size = 2) {
  std::string bytes;
  for (const char letter : text) {
    std::string unit(size, '\0');
    unit[big_end ? size - 1 : 0] = letter;
    bytes += unit;
  }
  return bytes;
}

}  // namespace

TEST_SUITE_BEGIN("http");

TEST_CASE("a media type is read whatever its capitals, quotes and other parameters") {
  CHECK(media("Application/JSON; Charset=\"ISO-8859-1\"; profile=x") == "application/json iso-8859-1 json");
  CHECK(media("application/problem+json") == "application/problem+json  json");
  CHECK(media("text/plain;charset=utf-8") == "text/plain utf-8");
  CHECK(media("application/x-ndjson") == "application/x-ndjson ");
  CHECK(media("image/png") == "image/png  no text");
  CHECK(media("image/svg+xml") == "image/svg+xml ");
  CHECK(media("") == " ");
}

TEST_CASE("text comes in the charset that is declared") {
  CHECK(read("text/plain; charset=ISO-8859-1",
             "M\xFCller Stra\xDF"
             "e") == "Müller Straße");
  CHECK(read("text/plain; charset=latin1", "\x80 5") == "€ 5");  // which latin-1 is, wherever somebody uses it
  CHECK(read("text/plain; charset=latin1", "a\x81z") == "a\xC2\x81z");
  CHECK(read("text/csv; charset=windows-1252", "\x84x\x93") == "„x“");
  CHECK(read("text/csv; charset=\"Windows-1251\"", "\xCF\xF0\xE8\xE2\xE5\xF2") == "Привет");
  CHECK(read("text/csv; charset=iso-8859-15", "\xA4") == "€");
  CHECK(read("text/html; charset=Shift_JIS", "\x93\xFA\x96\x7B") == "日本");
  CHECK(read("text/plain; charset=utf-16be", wide("hi", true)) == "hi");
  CHECK(read("text/plain; charset=utf-16", wide("hi", false)) == "hi");
  CHECK(read("text/plain; charset=utf-16", wide("hi", true)) == "hi");
  CHECK(read("text/plain; charset=us-ascii", "plain") == "plain");
  CHECK(read("text/plain; charset=utf-8", "\xC3\xA9") == "é");
  CHECK(read("application/json; charset=ISO-8859-1", "{\"name\":\"M\xFCller\"}") == "{\"name\":\"Müller\"}");
}

TEST_CASE("a byte order mark says the charset, and is no part of the text") {
  CHECK(read("text/csv; charset=utf-8", "\xEF\xBB\xBFid;name") == "id;name");
  CHECK(read("text/csv; charset=iso-8859-1", "\xEF\xBB\xBF\xC3\xA9") == "é");
  CHECK(read("", "\xFF\xFE" + wide("hi", false)) == "hi");
  CHECK(read("text/plain; charset=utf-16", "\xFE\xFF" + wide("hi", true)) == "hi");
  CHECK(read("application/json", std::string("\xFF\xFE\0\0", 4) + wide("{}", false, 4)) == "{}");
  CHECK(read("text/plain", "\xEF\xBB\xBF") == "");
}

TEST_CASE("without a word, JSON, XML and HTML tell their charset themselves") {
  CHECK(read("application/json", wide("{\"a\":1}", false)) == "{\"a\":1}");
  CHECK(read("application/json", wide("{\"a\":1}", true)) == "{\"a\":1}");
  CHECK(read("application/json", wide("[]", true, 4)) == "[]");
  CHECK(read("application/xml", "<?xml version='1.0' encoding='ISO-8859-1'?><n>\xFC</n>") ==
        "<?xml version='1.0' encoding='ISO-8859-1'?><n>ü</n>");
  CHECK(read("text/html", "<meta charset=\"windows-1252\"><p>\x80") == "<meta charset=\"windows-1252\"><p>€");
  CHECK(read("text/html", "<meta http-equiv=x content='text/html; charset=koi8-r'>\xC1") ==
        "<meta http-equiv=x content='text/html; charset=koi8-r'>а");
}

TEST_CASE("what a declared charset does not know is replaced, and what declares none and is not UTF-8 is no text") {
  CHECK(read("text/plain; charset=utf-8", "a\xFFz") == "a\xEF\xBF\xBDz");
  CHECK(read("text/plain; charset=utf-8", "a\xC3") == "a\xEF\xBF\xBD");
  CHECK(read("text/plain; charset=utf-16le", std::string("a\0z", 3)) == "a\xEF\xBF\xBD");
  CHECK(read("text/plain; charset=utf-16le", std::string("\0\xD8z\0", 4)) == "\xEF\xBF\xBDz");
  CHECK(read("text/plain", "M\xFCller") == "(no text)");
  CHECK(read("", "\x89PNG\r\n") == "(no text)");
  CHECK(read("text/plain; charset=nonsense", "abc") == "abc");
  CHECK(read("text/plain; charset=nonsense", "a\xFF") == "(no text)");
  CHECK(read("text/plain; charset=../../etc/passwd", "abc") == "abc");
  CHECK(read("text/plain; charset=utf-8//IGNORE", "a\xFF") == "(no text)");
  CHECK(read("application/json", "{\"n\":\"M\xFCller\"}") == "{\"n\":\"M\uFFFDller\"}");  // JSON is UTF-8
  CHECK(read("application/problem+json; charset=nonsense", "[\"a\xFF\"]") == "[\"a\uFFFD\"]");
}

TEST_CASE("a number that is no character is replaced, in whichever charset it stands") {
  for (const char* beyond : {"\xF5\xBC\x90\x91", "\xF4\x90\x80\x80", "\xF7\xBF\xBF\xBF", "\xED\xA0\x80", "\xC0\xAF"}) {
    CAPTURE(beyond);
    for (const char* type : {"text/plain; charset=utf-8", "application/json", "text/html; charset=UTF8"}) {
      const std::string said = read(type, std::string("\"a") + beyond + "z\"");
      CHECK(valid_utf8(said));
      CHECK(said.starts_with("\"a\uFFFD"));
      CHECK(said.ends_with("z\""));
    }
  }
  for (const char* charset : {"ucs-4be", "ucs-4", "utf-32be", "wchar_t", "ucs-2be", "utf-7", "cesu-8", "java"}) {
    for (const std::string_view bytes :
         {std::string_view("\x00\x11\x00\x00", 4), std::string_view("\x00\x00\xD8\x00", 4),
          std::string_view("\x7F\xFF\xFF\xFF", 4), std::string_view("+2AA-")})
      CHECK(valid_utf8(in_utf8(std::string(bytes), charset)));
  }
}

TEST_SUITE_END();
