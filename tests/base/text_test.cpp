#include "base/text.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace millrace {

TEST_SUITE_BEGIN("base");

TEST_CASE("a misspelled word is recognised, and a different word is not taken for one") {
  const std::vector<std::string> known = {"fetch", "filter", "location_tags", "x"};
  CHECK(nearest("fetsh", known) == "fetch");
  CHECK(nearest("Fetch", known) == "fetch");
  CHECK(nearest("fecth", known) == "fetch");
  CHECK(nearest("locationTags", known) == "location_tags");
  CHECK(nearest("location_tag", known) == "location_tags");
  CHECK_FALSE(nearest("PUST", {"GET", "POST", "PUT"}));
  CHECK_FALSE(nearest("cas", {"cat", "car"}));
  CHECK(nearest("cas", {"cat", "bas", "cat"}) == "cat");
  CHECK_FALSE(nearest("send", known));
  CHECK_FALSE(nearest("y", known));
  CHECK_FALSE(nearest("if", {"id"}));
  CHECK_FALSE(nearest("", known));
  CHECK_FALSE(nearest(std::string(1'000'000, 'f'), known));
  CHECK(did_you_mean("fetsh", known) == ", did you mean \"fetch\"?");
  CHECK(did_you_mean("send", known).empty());
}

TEST_CASE("of several near words the nearest is offered, and none of equals") {
  CHECK_FALSE(nearest("actions", {"action", "actons", "actionss"}));
  CHECK_FALSE(nearest("form", {"forms", "from"}));
}

TEST_CASE("text is taken apart and put together again") {
  CHECK(split("a,,b", ',') == std::vector<std::string>{"a", "", "b"});
  CHECK(split("", ',') == std::vector<std::string>{""});
  CHECK(join({"a", "", "b"}, ", ") == "a, , b");
  CHECK(join({}, ", ").empty());
  CHECK(join({"", "b"}, ",") == ",b");
  CHECK(trim(" \t a b \r\n") == "a b");
  CHECK(trim(" \n").empty());
  CHECK(lower("ABC-Ä") == "abc-Ä");
}

TEST_CASE("only well-formed UTF-8 counts as UTF-8") {
  CHECK(valid_utf8(""));
  CHECK(valid_utf8("plain text that is longer than eight bytes, then ä € 😀"));
  CHECK(valid_utf8("\xF4\x8F\xBF\xBF"));
  CHECK_FALSE(valid_utf8("\x80"));
  CHECK_FALSE(valid_utf8("\xC0\xAF"));          // overlong
  CHECK_FALSE(valid_utf8("\xE0\x80\xAF"));      // overlong
  CHECK_FALSE(valid_utf8("\xED\xA0\x80"));      // a surrogate
  CHECK_FALSE(valid_utf8("\xF4\x90\x80\x80"));  // above U+10FFFF
  CHECK_FALSE(valid_utf8("12345678\xE2\x82"));  // cut off
}

TEST_CASE("characters are counted, not bytes") {
  CHECK(length_in_characters("aä€😀") == 4);
  CHECK(offset_of_character("aä€😀", 0) == 0);
  CHECK(offset_of_character("aä€😀", 2) == 3);
  CHECK(offset_of_character("aä€😀", 9) == 10);
}

TEST_CASE("nouns agree with their number") {
  CHECK(counted(1, "change") == "1 change");
  CHECK(counted(0, "change") == "0 changes");
  CHECK(counted(2, "entry") == "2 entries");
  CHECK(counted(2, "day") == "2 days");
  CHECK(counted(3, "switch") == "3 switches");
}

TEST_CASE("what is no UTF-8 is replaced, and the rest is what it was") {
  const std::vector<std::pair<std::string, std::string>> pairs = {{"", ""},
                                                                  {"größer 日本 🙂", "größer 日本 🙂"},
                                                                  {"M\xFCller", "M\uFFFDller"},
                                                                  {"a\x80\x80z", "a\uFFFDz"},
                                                                  {"\xE2\x82", "\uFFFD"},
                                                                  {"\xE2\x82z", "\uFFFDz"},
                                                                  {"\xED\xA0\x80z", "\uFFFDz"},
                                                                  {"\xF4\x90\x80\x80z", "\uFFFDz"},
                                                                  {"\xFF\xFF", "\uFFFD\uFFFD"}};
  for (const auto& [written, mended] : pairs) CHECK(mended_utf8(written) == mended);
}

TEST_SUITE_END();

}  // namespace millrace
