#include <doctest/doctest.h>

#include "lsp/text_lines.hpp"
#include "yaml/source_lines.hpp"

using namespace millrace;
using namespace millrace::lsp;

TEST_SUITE_BEGIN("lsp");

TEST_CASE("a place counts units of UTF-16 or bytes, as was agreed") {
  const std::string text = "a\u00e9\U0001F600b\nzwei";
  const TextLines lines(text);
  CHECK(lines.position(7, Units::utf16) == Position{0, 4});  // a, é, and a pair
  CHECK(lines.position(7, Units::utf8) == Position{0, 7});
  CHECK(lines.offset({0, 4}, Units::utf16) == 7);
  CHECK(lines.offset({0, 7}, Units::utf8) == 7);
  CHECK(lines.offset({1, 2}, Units::utf16) == 11);
}

TEST_CASE("a place inside a character is its beginning, and one behind a line's end is that end") {
  const std::string text = "a\U0001F600b\r\nc\rd\n";
  const TextLines lines(text);
  CHECK(lines.offset({0, 2}, Units::utf16) == 1);
  CHECK(lines.offset({0, 3}, Units::utf8) == 1);
  CHECK(lines.offset({0, 99}, Units::utf16) == 6);
  CHECK(lines.offset({9, 0}, Units::utf16) == text.size());
  CHECK(lines.count() == 4);
  CHECK(lines.line(1) == "c");
  CHECK(lines.line(2) == "d");
  CHECK(lines.position(7, Units::utf8) == Position{0, 6});  // between \r and \n
}

TEST_CASE("every byte of a text has a place that leads back to the character it is in") {
  const std::string text = "x: \u00df\U0001F600\ny: \u20ac\n";
  const TextLines lines(text);
  for (const Units units : {Units::utf8, Units::utf16}) {
    for (std::size_t at = 0; at < text.size(); ++at) {
      const bool inside = (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
      const std::size_t back = lines.offset(lines.position(at, units), units);
      CHECK(back <= at);
      if (!inside) CHECK(back == at);
    }
  }
}

TEST_CASE("a finding's place counts characters, and one without a line is the first") {
  const auto source = std::make_shared<const SourceText>(SourceText{"a.yaml", "name: \u00e4\u00e4 x\nb: 2\n"});
  const TextLines lines(source->text);
  CHECK(lines.range({source, 1, 9, 2}) == Range{10, 12});
  CHECK(lines.range({source, 2, 4, 40}) == Range{16, 17});
  CHECK(lines.range({source, 0, 0, 1}) == Range{0, 12});
}

TEST_CASE("a finding stands at its bytes, whatever ends the lines before it") {
  for (const std::string end : {"\n", "\r\n", "\r", "\n\r", "\r\r\n"}) {
    CAPTURE(end);
    std::string text;
    for (const char* line : {"a: 1", "\u00e4: 2", "c:", "  here: 3", "last: x"}) text += line + end;
    const auto source = std::make_shared<const SourceText>(SourceText{"a.yaml", text});
    const SourceLines places(source);
    const TextLines lines(text);
    for (const char* word : {"\u00e4", "here", "last", "x"}) {
      const std::size_t begin = text.find(word), behind = begin + std::string(word).size();
      CHECK(lines.range(places.mark(begin, behind)) == Range{begin, behind});
      // Editors count a lone \r as a line's end, too.
      CHECK(lines.offset(lines.position(begin, Units::utf16), Units::utf16) == begin);
      CHECK(lines.position(begin, Units::utf8).unit <= 6);
    }
  }
  const auto source = std::make_shared<const SourceText>(SourceText{"a.yaml", "a: 1\r\nb: 2\r\n"});
  CHECK(TextLines(source->text).range({source, 1, 4, 99}) == Range{3, 4});
}

TEST_SUITE_END();
