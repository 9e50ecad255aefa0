#include "base/text.hpp"
#include "expr/find_text.hpp"
#include "expr/functions.hpp"

namespace millrace {

namespace {

Value no_such_place(const Call& call, std::int64_t place, std::size_t length) {
  return call.fail("the text has " + counted(length, "character") + ", so there is no place " + std::to_string(place));
}

Value char_at(Call& call) {
  if (!call.are(Kind::text, Kind::integer)) return call.mismatch();
  const std::string& text = call[0].text();
  const std::int64_t at = call[1].integer();
  const std::size_t length = length_in_characters(text);
  if (at < 0 || static_cast<std::uint64_t>(at) > length) return no_such_place(call, at, length);
  const std::size_t begin = offset_of_character(text, static_cast<std::size_t>(at));
  return std::string_view(text).substr(begin, offset_of_character(std::string_view(text).substr(begin), 1));
}

std::int64_t characters_before(std::string_view text, std::size_t offset) {
  return static_cast<std::int64_t>(length_in_characters(text.substr(0, offset)));
}

Value index_of(Call& call) {
  const bool placed = call.size() == 3;
  if (!call.are(Kind::text, Kind::text) || (placed && !call[2].is(Kind::integer))) return call.mismatch();
  const std::string& text = call[0].text();
  const std::size_t length = length_in_characters(text);
  const std::int64_t from = placed ? call[2].integer() : 0;
  if (from < 0 || static_cast<std::uint64_t>(from) > length) return no_such_place(call, from, length);
  const std::size_t found = find_text(text, call[1].text(), offset_of_character(text, static_cast<std::size_t>(from)));
  return found == std::string::npos ? -1 : characters_before(text, found);
}

Value last_index_of(Call& call) {
  const bool placed = call.size() == 3;
  if (!call.are(Kind::text, Kind::text) || (placed && !call[2].is(Kind::integer))) return call.mismatch();
  const std::string& text = call[0].text();
  const std::size_t length = length_in_characters(text);
  const std::int64_t from = placed ? call[2].integer() : static_cast<std::int64_t>(length);
  if (from < 0 || static_cast<std::uint64_t>(from) > length) return no_such_place(call, from, length);
  if (placed && static_cast<std::uint64_t>(from) == length && !call[1].text().empty()) return -1;
  const std::size_t found =
      find_text_last(text, call[1].text(), offset_of_character(text, static_cast<std::size_t>(from)));
  return found == std::string::npos ? -1 : characters_before(text, found);
}

Value substring(Call& call) {
  const bool ended = call.size() == 3;
  if (!call.are(Kind::text, Kind::integer) || (ended && !call[2].is(Kind::integer))) return call.mismatch();
  const std::string& text = call[0].text();
  const auto length = static_cast<std::int64_t>(length_in_characters(text));
  const std::int64_t begin = call[1].integer();
  const std::int64_t end = ended ? call[2].integer() : length;
  if (begin < 0 || begin > length) return no_such_place(call, begin, static_cast<std::size_t>(length));
  if (end < 0 || end > length) return no_such_place(call, end, static_cast<std::size_t>(length));
  if (begin > end) return call.fail("substring() ends before it begins");
  const std::size_t first = offset_of_character(text, static_cast<std::size_t>(begin));
  return std::string_view(text).substr(first, offset_of_character(text, static_cast<std::size_t>(end)) - first);
}

constexpr Function search_table[] = {
    {.name = "charAt",
     .style = Style::member,
     .least = 2,
     .most = 2,
     .implementation = char_at,
     .takes = texts,
     .gives = Kind::text,
     .signature = "text.charAt(place)",
     .summary = "the character at that place, counted from 0",
     .example = "'abc'.charAt(1)  =>  'b'",
     .objection = below_zero},
    {.name = "indexOf",
     .style = Style::member,
     .least = 2,
     .most = 3,
     .implementation = index_of,
     .takes = texts,
     .gives = Kind::integer,
     .signature = "text.indexOf(part) or text.indexOf(part, from)",
     .summary = "the place where the part first stands, or -1",
     .example = "'abcabc'.indexOf('c')  =>  2",
     .objection = below_zero},
    {.name = "lastIndexOf",
     .style = Style::member,
     .least = 2,
     .most = 3,
     .implementation = last_index_of,
     .takes = texts,
     .gives = Kind::integer,
     .signature = "text.lastIndexOf(part) or text.lastIndexOf(part, from)",
     .summary = "the place where the part last stands, or -1",
     .example = "'abcabc'.lastIndexOf('c')  =>  5",
     .objection = below_zero},
    {.name = "substring",
     .style = Style::member,
     .least = 2,
     .most = 3,
     .implementation = substring,
     .takes = texts,
     .gives = Kind::text,
     .signature = "text.substring(begin) or text.substring(begin, end)",
     .summary = "the characters from begin up to, not including, end",
     .example = "'winter'.substring(1, 4)  =>  'int'",
     .objection = wrong_stretch},
};

}  // namespace

std::span<const Function> text_search_functions() { return search_table; }

}  // namespace millrace
