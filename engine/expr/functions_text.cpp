#include <algorithm>

#include "base/same_text.hpp"
#include "base/text.hpp"
#include "base/unicode.hpp"
#include "expr/find_text.hpp"
#include "expr/functions.hpp"
#include "expr/lexer.hpp"

namespace millrace {

namespace {

Value size(Call& call) {
  const Value& of = call[0];
  std::size_t found = 0;
  if (of.is_text())
    found = length_in_characters(of.text());
  else if (of.is(Kind::bytes))
    found = of.bytes().size();
  else if (of.is_list())
    found = of.list().size();
  else if (of.is_map())
    found = of.map().size();
  else
    return call.mismatch();
  return static_cast<std::int64_t>(found);
}

bool contains(std::string_view text, std::string_view part) { return find_text(text, part) != std::string::npos; }
bool begins_with(std::string_view text, std::string_view part) {
  return text.size() >= part.size() && same_text({text.data(), part.size()}, part);
}
bool ends_with(std::string_view text, std::string_view part) { return text.ends_with(part); }

template <bool (*Test)(std::string_view, std::string_view)>
Value test_text(Call& call) {
  if (!call.are(Kind::text, Kind::text)) return call.mismatch();
  return Test(call[0].text(), call[1].text());
}

template <char From, char To>
Value change_case(Call& call) {
  if (!call.are(Kind::text)) return call.mismatch();
  if (!call.spend(0, call[0].text().size())) return {};
  std::string changed = call[0].text();
  for (char& c : changed) {
    if (c >= From && c <= From + 25) c = static_cast<char>(c - From + To);
  }
  return changed;
}

template <std::string (*Change)(std::string_view)>
Value change_letters(Call& call) {
  if (!call.are(Kind::text)) return call.mismatch();
  const std::string& text = call[0].text();
  if (!call.spend(text.size(), text.size() * 3)) return {};
  return Change(text);
}

Value is_same_name(Call& call) {
  if (!call.are(Kind::text, Kind::text)) return call.mismatch();
  const std::string &one = call[0].text(), &other = call[1].text();
  const std::size_t size = one.size() + other.size();
  if (!call.spend(size * 3, size * 8)) return {};
  return same_name(one, other);
}

/// The length in bytes of the white space of Unicode that `text` begins with, or 0.
std::size_t leading_space(std::string_view text) noexcept {
  if (text.empty()) return 0;
  if ((text[0] >= '\t' && text[0] <= '\r') || text[0] == ' ') return 1;
  const std::string_view two = text.substr(0, 2);
  if (two == "\u0085" || two == "\u00a0") return 2;
  const std::string_view three = text.substr(0, 3);
  if (three == "\u1680" || three == "\u2028" || three == "\u2029" || three == "\u202f" || three == "\u205f" ||
      three == "\u3000") {
    return 3;
  }
  return three >= "\u2000" && three <= "\u200a" && three.size() == 3 ? 3 : 0;
}

Value trim_text(Call& call) {
  if (!call.are(Kind::text)) return call.mismatch();
  std::string_view text = call[0].text();
  while (const std::size_t blank = leading_space(text)) text.remove_prefix(blank);
  for (std::size_t width = 1; width <= 3 && width <= text.size();) {
    const bool blank = leading_space(text.substr(text.size() - width)) == width;
    if (blank) text.remove_suffix(width);
    width = blank ? 1 : width + 1;
  }
  return text;
}

Value reverse(Call& call) {
  if (call.are(Kind::list)) {
    if (!call.spend(call[0].list().size() / 8, call[0].list().size() * sizeof(Value))) return {};
    return Value::List(call[0].list().rbegin(), call[0].list().rend());
  }
  if (!call.are(Kind::text)) return call.mismatch();
  const std::string& text = call[0].text();
  if (!call.spend(text.size() / 4, text.size())) return {};
  std::string reversed;
  std::size_t end = text.size();
  for (std::size_t at = text.size(); at-- > 0;) {
    if ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) continue;
    reversed.append(text, at, end - at);
    end = at;
  }
  return reversed;
}

/// An empty old part is found before every character and at the end.
Value replace(Call& call) {
  const bool limited = call.size() == 4;
  if (!call.are(Kind::text, Kind::text) || !call[2].is_text() || (limited && !call[3].is(Kind::integer)))
    return call.mismatch();
  const std::string& text = call[0].text();
  const std::string& old = call[1].text();
  const std::string& fresh = call[2].text();
  std::int64_t left = limited && call[3].integer() >= 0 ? call[3].integer() : INT64_MAX;
  std::string result;
  std::size_t at = 0;
  while (left-- > 0) {
    const std::size_t found = find_text(text, old, at);
    if (found == std::string::npos) break;
    if (!call.spend(1, found - at + fresh.size() + 1)) return {};
    result.append(text, at, found - at).append(fresh);
    at = found + old.size();
    if (!old.empty()) continue;
    if (at == text.size()) return result;
    const std::size_t width = offset_of_character(std::string_view(text).substr(at), 1);
    result.append(text, at, width);
    at += width;
  }
  return result.append(text, at);
}

Value split_text(Call& call) {
  const bool limited = call.size() == 3;
  if (!call.are(Kind::text, Kind::text) || (limited && !call[2].is(Kind::integer))) return call.mismatch();
  std::int64_t left = limited && call[2].integer() >= 0 ? call[2].integer() : INT64_MAX;
  if (left == 0) return Value::List{};
  const std::string& separator = call[1].text();
  std::string_view text = call[0].text();
  Value::List parts;
  const auto add = [&call, &parts](std::string_view part) {
    if (!call.spend(steps_a_value, sizeof(Value) + bytes_a_value + part.size())) return false;
    parts.emplace_back(part);
    return true;
  };
  const bool into_characters = separator.empty();
  for (; left > 1; --left) {
    const std::size_t width = into_characters ? offset_of_character(text, 1) : find_text(text, separator);
    if (width == std::string_view::npos || (into_characters && width == text.size())) break;
    if (!add(text.substr(0, width))) return {};
    text.remove_prefix(width + separator.size());
  }
  if (into_characters && text.empty()) return parts;
  return add(text) ? Value(std::move(parts)) : Value();
}

Value join_list(Call& call) {
  if (!call.are(Kind::list) || (call.size() == 2 && !call[1].is_text())) return call.mismatch();
  const std::string separator = call.size() == 2 ? call[1].text() : "";
  std::string joined;
  bool first = true;
  for (const Value& item : call[0].list()) {
    if (!item.is_text()) {
      return call.fail("join() puts texts together, and the list holds " + with_article(item.kind()) +
                       ", turn it into text first: list.map(x, string(x)).join()");
    }
    if (!call.spend(1, item.text().size() + separator.size())) return {};
    if (!first) joined += separator;
    joined += item.text();
    first = false;
  }
  return joined;
}

Value quote(Call& call) {
  if (!call.are(Kind::text)) return call.mismatch();
  constexpr std::string_view special = "\a\b\f\n\r\t\v\\\"";
  constexpr std::string_view letters = "abfnrtv\\\"";
  if (!call.spend(0, call[0].text().size() * 2)) return {};
  std::string quoted = "\"";
  for (const char c : call[0].text()) {
    const std::size_t at = special.find(c);
    if (at != std::string_view::npos) quoted += '\\';
    quoted += at != std::string_view::npos ? letters[at] : c;
  }
  return quoted += '"';
}

constexpr KindSet sized = kind_set(Kind::text, Kind::bytes, Kind::list, Kind::map);

constexpr Function text_table[] = {
    {"size", Style::either, 1, 1, size, sized, Kind::integer, "size(value) or value.size()",
     "how many characters, bytes, items or entries it has", "'Grüße'.size()  =>  5\nsize([1, 2])  =>  2", false, false},
    {.name = "contains",
     .style = Style::member,
     .least = 2,
     .most = 2,
     .implementation = test_text<contains>,
     .takes = texts,
     .gives = Kind::boolean,
     .signature = "text.contains(part)",
     .summary = "true when the part stands somewhere in the text",
     .example = "'winter'.contains('int')  =>  true",
     .extension = false,
     .text_test = contains},
    {.name = "startsWith",
     .style = Style::member,
     .least = 2,
     .most = 2,
     .implementation = test_text<begins_with>,
     .takes = texts,
     .gives = Kind::boolean,
     .signature = "text.startsWith(part)",
     .summary = "true when the text begins with the part",
     .example = "'winter'.startsWith('win')  =>  true",
     .extension = false,
     .text_test = begins_with},
    {.name = "endsWith",
     .style = Style::member,
     .least = 2,
     .most = 2,
     .implementation = test_text<ends_with>,
     .takes = texts,
     .gives = Kind::boolean,
     .signature = "text.endsWith(part)",
     .summary = "true when the text ends with the part",
     .example = "'winter'.endsWith('ter')  =>  true",
     .extension = false,
     .text_test = ends_with},
    {"lower", Style::member, 1, 1, change_letters<in_lower_case>, texts, Kind::text, "text.lower()",
     "the text in lower case, whatever its letters", "'ÄRGER Łódź'.lower()  =>  'ärger łódź'"},
    {"upper", Style::member, 1, 1, change_letters<in_upper_case>, texts, Kind::text, "text.upper()",
     "the text in upper case, whatever its letters", "'Straße'.upper()  =>  'STRASSE'"},
    {"sameName", Style::member, 2, 2, is_same_name, texts, Kind::boolean, "text.sameName(other)",
     "true when people take both for one name: capitals, blanks around it and how it was typed do not count",
     "' VIP  Café'.sameName('vip café')  =>  true\n'VIP'.sameName('VIPs')  =>  false"},
    {"lowerAscii", Style::member, 1, 1, change_case<'A', 'a'>, texts, Kind::text, "text.lowerAscii()",
     "the text with A to Z in lower case", "'Ab'.lowerAscii()  =>  'ab'"},
    {"upperAscii", Style::member, 1, 1, change_case<'a', 'A'>, texts, Kind::text, "text.upperAscii()",
     "the text with a to z in upper case", "'Ab'.upperAscii()  =>  'AB'"},
    {"trim", Style::member, 1, 1, trim_text, texts, Kind::text, "text.trim()", "the text without blanks around it",
     "'  a b '.trim()  =>  'a b'"},
    {"reverse", Style::member, 1, 1, reverse, kind_set(Kind::text, Kind::list), std::nullopt, "value.reverse()",
     "the text or list from its end to its beginning", "'abc'.reverse()  =>  'cba'", true, false},
    {"replace", Style::member, 3, 4, replace, texts, Kind::text,
     "text.replace(old, new) or text.replace(old, new, limit)",
     "the text with every old part replaced, or only the first ones", "'a-b-c'.replace('-', '+', 1)  =>  'a+b-c'"},
    {"split", Style::member, 2, 3, split_text, texts, Kind::list,
     "text.split(separator) or text.split(separator, limit)", "the parts of the text between the separators",
     "'a,b,c'.split(',')  =>  ['a', 'b', 'c']"},
    {"join", Style::member, 1, 2, join_list, kind_set(Kind::list), Kind::text, "list.join() or list.join(separator)",
     "the texts of a list put together", "['a', 'b'].join(', ')  =>  'a, b'"},
    {"strings.quote", Style::alone, 1, 1, quote, texts, Kind::text, "strings.quote(text)",
     "the text in double quotes, with escapes", "strings.quote('a \"b\"')  =>  '\"a \\\\\"b\\\\\"\"'"},
};

}  // namespace

std::span<const Function> text_functions() { return text_table; }

}  // namespace millrace
