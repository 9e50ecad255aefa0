#include "base/unicode.hpp"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

namespace millrace {

TEST_SUITE_BEGIN("base");

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

bool maybe_same(const std::string& left, const std::string& right) {
  return vague_name_key(left) == vague_name_key(right);
}

}  // namespace

TEST_CASE("names are the same whatever their case, normal form, blanks and what nobody sees") {
  const Pairs same = {
      {"Promo", "pROMO"},
      {"VIỆT NAM", "việt nam"},
      {"Ștefan", "ștefan"},
      {"ΟΔΟΣ", "οδος"},
      {"οδός", "ΟΔΌΣ"},
      {"STRASSE", "straße"},
      {"STRAẞE", "straße"},
      {"Ẁelsh", "ẁelsh"},
      {"ᲐᲑᲒ", "აბგ"},
      {"ԱՐԵՒ", "արև"},
      {"ЁЖ", "ёж"},
      {"İzmir", "i\u0307zmir"},
      {"Caf\u00E9", "CAFE\u0301"},
      {"a\u0323\u0307", "a\u0307\u0323"},
      {"\u212Bngstr\u00F6m", "\u00E5NGSTRO\u0308M"},
      {"\uAC00", "\u1100\u1161"},
      {"\u03B1\u0345\u0301", "\u0391\u0301\u0345"},
      {"VIP", " vip"},
      {"VIP", "vip\t\r\n"},
      {"two blanks", "two  Blanks"},
      {"no break", "no\u00A0break"},
      {"wide blank", "\u3000wide\u2003\u2028blank\u202F"},
      {"zero\u200B width\uFEFF", "zero width"},
      {"soft\u00ADhyphen", "softhyphen"},
      {"right\u200E to left\u202C", "right to left"},
      {"\u2764\uFE0F", "\u2764"},
      {"bell\u0007x", "bellx"},
      {std::string("null\0byte", 9), "nullbyte"},
      {"c1\u0090control", "c1control"},
      {"del\u007F", "del"},
      {"two\tblanks", "two\u0085blanks"},
      {"braille\u2800x", "braille x"},
      {"\u2800braille", "braille"},
      {"hangul\u115F\u1160\u3164filler", "hangulfiller"},
      {"half\uFFA0width", "halfwidth"},
      {"mongol\u180Eian", "mongolian"},
      {"anno\uFFF9tated\uFFFB", "annotated"},
      {"varied\U000E0100", "varied"},
      {"🔥 Hot", "🔥 hot"},
      {"ﬁrst", "FIRST"},
  };
  for (const auto& [left, right] : same) {
    CAPTURE(left);
    CHECK(same_name(left, right));
    CHECK(maybe_same(left, right));
  }
}

TEST_CASE("names that look different are different, and those that somebody may take for one are known") {
  const Pairs maybe = {
      {"ＶＩＰ", "vip"},        {"m²", "M2"},      {"① one", "1 one"}, {"ISPARTA", "ısparta"},
      {"istanbul", "İstanbul"}, {"No.™", "no.tm"}, {"ｶﾞ", "ガ"},       {"zero\u200Djoined", "ZEROJOINED"},
      {"x\u00A0²", "X 2"},
  };
  for (const auto& [left, right] : maybe) {
    CAPTURE(left);
    CHECK_FALSE(same_name(left, right));
    CHECK(maybe_same(left, right));
  }
  const Pairs different = {{"Café", "Cafe"}, {"schon", "schön"}, {"Promo", "Promo 2"}, {"a b", "ab"},
                           {"a", "а"},       {"über", "uber"},   {"tag", "tags"},      {"año", "ano"}};
  for (const auto& [left, right] : different) {
    CAPTURE(left);
    CHECK_FALSE(same_name(left, right));
    CHECK_FALSE(maybe_same(left, right));
  }
  const std::string england = "🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F";
  const std::string scotland = "🏴\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F";
  CHECK_FALSE(same_name(england, scotland));
  CHECK_FALSE(same_name("👩\u200D💻", "👩💻"));
}

TEST_CASE("a name of which nothing is left, or that was damaged, cannot be compared") {
  for (const std::string& name : {std::string(), std::string("   "), std::string("\u00A0\u3000"),
                                  std::string("\u200B\uFEFF"), std::string("\u0007\u2800"), std::string("cut \xF0\x9F"),
                                  std::string("\xED\xA0\x80"), std::string("lost \uFFFD"), std::string("latin \xE9")}) {
    CAPTURE(name);
    CHECK(name_key(name).empty());
    CHECK(vague_name_key(name).empty());
    CHECK_FALSE(same_name(name, "x" + name));
    CHECK(same_name(name, name));
  }
  CHECK(name_key(std::string(100'000, 'A')).size() == 100'000);
}

TEST_CASE("marks in any number are compared in their own order, by as much work as there are marks") {
  std::string typed = "a", sorted = "a", wide = "a";
  for (int i = 0; i < 40'000; ++i) typed += "\u0315\u0301", wide += "\uFF9E\u0315";
  for (int i = 0; i < 40'000; ++i) sorted += "\u0301";
  for (int i = 0; i < 40'000; ++i) sorted += "\u0315";
  CHECK(same_name(typed, sorted));
  CHECK_FALSE(same_name(typed, sorted + "\u0315"));
  CHECK(name_key(typed).size() == typed.size());
  CHECK(vague_name_key(wide).size() == wide.size());
  CHECK(in_upper_case(typed) == "A" + typed.substr(1));
  CHECK(in_lower_case("A" + typed.substr(1)) == typed);
}

TEST_CASE("letters of every language have their lower and upper case") {
  const Pairs pairs = {{"ärger łódź ștefan", "ÄRGER ŁÓDŹ ȘTEFAN"},
                       {"москва київ", "МОСКВА КИЇВ"},
                       {"việt nam", "VIỆT NAM"},
                       {"οδος", "ΟΔΟΣ"},
                       {"a1-b_c 日本 🙂", "A1-B_C 日本 🙂"},
                       {"", ""}};
  for (const auto& [small, great] : pairs) {
    CHECK(in_lower_case(great) == small);
    CHECK(in_upper_case(small) == great);
  }
  CHECK(in_upper_case("Straße ﬃ ŉ ǰ ΐ և ᾳ ᾼ ǆ ǅ ẞ") == "STRASSE FFI \u02BCN J\u030C \u0399\u0308\u0301 ԵՒ ΑΙ ΑΙ Ǆ Ǆ ẞ");
  CHECK(in_lower_case("ΣΑΣ Σ ΣΆΣ́Α ẞ İ Ǆ") == "σας σ σάσ́α ß i̇ ǆ");
  CHECK(in_lower_case("cut \xF0\x9F") == "cut \xF0\x9F");
}

TEST_SUITE_END();

}  // namespace millrace
