#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.hpp"
#include "expr/functions.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

/// Any value as `%s` shows it: lists in [ ], mappings in { } by key.
std::string shown(const Value& value) {
  switch (value.kind()) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return value.boolean() ? "true" : "false";
    case Kind::integer:
      return std::to_string(value.integer());
    case Kind::unsigned_integer:
      return std::to_string(value.unsigned_integer());
    case Kind::number:
      return number_text(value.number());
    case Kind::text:
      return value.text();
    case Kind::bytes:
      return valid_utf8(value.bytes()) ? value.bytes() : "(bytes)";
    case Kind::list: {
      std::vector<std::string> items;
      for (const Value& item : value.list()) items.push_back(shown(item));
      return '[' + join(items, ", ") + ']';
    }
    case Kind::map: {
      std::vector<std::string> entries;
      for (const auto& [key, member] : value.map()) entries.push_back(shown(key) + ": " + shown(member));
      std::sort(entries.begin(), entries.end());
      return '{' + join(entries, ", ") + '}';
    }
    case Kind::timestamp:
      return render(value.timestamp());
    case Kind::duration:
      return duration_text(value.duration());
    case Kind::type:
      return value.type_name();
    case Kind::optional:
      return value.optional_value() ? "optional(" + shown(*value.optional_value()) + ')' : "optional.none()";
    case Kind::unknown:
      break;
  }
  return "";
}

bool whole(const Value& value) noexcept { return value.is(Kind::integer) || value.is(Kind::unsigned_integer); }

std::string in_base(const Value& value, int base) {
  char buffer[72];
  const auto end = value.is(Kind::integer)
                       ? std::to_chars(buffer, buffer + sizeof buffer, value.integer(), base)
                       : std::to_chars(buffer, buffer + sizeof buffer, value.unsigned_integer(), base);
  return std::string(buffer, end.ptr);
}

std::string hex_of(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += digits[static_cast<unsigned char>(c) >> 4];
    text += digits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

/// The exact value of a double is rounded, as CEL has it: 1.2345 lies below its last digit, and is 1.234 with three. Of
/// what is rounded to zero no sign is left.
std::string with_precision(const Value& value, std::chars_format form, int precision) {
  const double number = as_double(value).value_or(0);
  if (!std::isfinite(number)) return number_text(number);
  char buffer[1536];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number, form, precision);
  const std::string_view text(buffer, static_cast<std::size_t>(end.ptr - buffer));
  const bool zero = text.find_first_of("123456789") == std::string_view::npos;
  return std::string(text.substr(zero && text.starts_with('-') ? 1 : 0));
}

/// One `%` clause applied to its argument; nothing where the argument is of a kind that it cannot show.
std::optional<std::string> apply(char clause, int precision, const Value& value) {
  const bool number = whole(value) || value.is(Kind::number);
  switch (clause) {
    case 's':
      return shown(value);
    case 'd':
      return number ? std::optional(shown(value)) : std::nullopt;
    case 'f':
      return number ? std::optional(with_precision(value, std::chars_format::fixed, precision)) : std::nullopt;
    case 'e':
      return number ? std::optional(with_precision(value, std::chars_format::scientific, precision)) : std::nullopt;
    case 'b':
      if (value.is(Kind::boolean)) return value.boolean() ? "1" : "0";
      return whole(value) ? std::optional(in_base(value, 2)) : std::nullopt;
    case 'o':
      return whole(value) ? std::optional(in_base(value, 8)) : std::nullopt;
    case 'x':
    case 'X': {
      if (!whole(value) && !value.is_text() && !value.is(Kind::bytes)) return std::nullopt;
      std::string text = whole(value) ? in_base(value, 16) : hex_of(value.is_text() ? value.text() : value.bytes());
      if (clause == 'X')
        std::transform(text.begin(), text.end(), text.begin(),
                       [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
      return text;
    }
    default:
      return std::nullopt;
  }
}

/// Reads ".3" at `at`; false where it is malformed or beyond a thousand digits.
bool read_precision(std::string_view text, std::size_t& at, int& precision) {
  if (at >= text.size() || text[at] != '.') return true;
  const char* begin = text.data() + at + 1;
  const auto [end, failure] = std::from_chars(begin, text.data() + text.size(), precision);
  at = static_cast<std::size_t>(end - text.data());
  return failure == std::errc() && end != begin && precision >= 0 && precision <= 1000;
}

constexpr const char* too_few_values = "there are more % clauses than values in the list";

/// Moves `at` from a "%" to the letter of its clause; gives what is wrong with it, or nothing.
std::string read_clause(std::string_view text, std::size_t& at, int& precision) {
  if (++at < text.size() && text[at] == '%') return "";
  if (!read_precision(text, at, precision)) return "the precision behind \"%\" is a number up to 1000";
  if (at >= text.size()) return "the text ends behind a \"%\", write %% for the sign itself";
  if (std::string_view("sdfeboxX").find(text[at]) != std::string_view::npos) return "";
  const std::string letter(text.substr(at, offset_of_character(text.substr(at), 1)));
  return "\"%" + letter + "\" is none of %s %d %f %e %b %o %x %X %%";
}

/// How many values the list of a call has, where that is written there.
std::optional<std::size_t> values_in(const Expression::Node& list) {
  if (list.kind == NodeKind::list && list.optional_entries.empty()) return list.children.size();
  if (list.kind == NodeKind::constant && list.value.is_list()) return list.value.list().size();
  return std::nullopt;
}

std::string wrong_text_format(const Expression::Node& call) {
  const Value* pattern = literal(call, 0, Kind::text);
  if (!pattern) return "";
  const std::string& text = pattern->text();
  std::size_t used = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') continue;
    int precision = 6;
    if (std::string wrong = read_clause(text, at, precision); !wrong.empty()) return wrong;
    if (text[at] != '%') ++used;
  }
  return used > values_in(call.children[1]).value_or(used) ? too_few_values : "";
}

std::string wrong_format(const Expression::Node& call) {
  for (const auto objection : {wrong_text_format, wrong_time_format, wrong_number_format}) {
    if (std::string wrong = objection(call); !wrong.empty()) return wrong;
  }
  return "";
}

Value format(Call& call) {
  if (call.are(Kind::timestamp)) return format_time(call);
  if (as_double(call[0])) return format_number(call);
  if (!call.are(Kind::text, Kind::list) || call.size() > 2) return call.mismatch();
  const std::string& text = call[0].text();
  const Value::List& arguments = call[1].list();
  if (!call.spend(call[1].weight(), text.size() + std::size_t{call[1].weight()} * 64)) return {};
  std::string result;
  std::size_t used = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      result += text[at];
      continue;
    }
    int precision = 6;
    if (const std::string wrong = read_clause(text, at, precision); !wrong.empty()) return call.fail(wrong);
    if (text[at] == '%') {
      result += '%';
      continue;
    }
    if (used == arguments.size()) return call.fail(too_few_values);
    const Value& argument = arguments[used++];
    const auto part = apply(text[at], precision, argument);
    if (!part) return call.fail("\"%" + std::string(1, text[at]) + "\" cannot show " + with_article(argument.kind()));
    if (!call.spend(0, part->size())) return {};
    result += *part;
  }
  return result;
}

constexpr Function format_table[] = {
    {.name = "format",
     .style = Style::member,
     .least = 2,
     .most = 4,
     .implementation = format,
     .takes = numbers | kind_set(Kind::text, Kind::timestamp),
     .gives = Kind::text,
     .signature = "text.format(list), time.format(pattern, zone) or number.format(decimals, thousands, decimal)",
     .summary =
         "the text with its %s, %d, %.2f filled in; a time as %d.%m.%Y %H:%M has it, in UTC or a zone; a number "
         "with so many decimals, halves away from zero, as people round; %.2f rounds the exact value that the "
         "machine keeps of a number, which may lie a little below such a half; what sets digits apart has no digit, + "
         "or - in it",
     .example = "'%s has %d'.format(['Ann', 3])  =>  'Ann has 3'\n"
                "timestamp('2026-01-31T23:30:00Z').format('%d.%m.%Y', 'Europe/Berlin')  =>  '01.02.2026'\n"
                "(2.675).format(2)  =>  '2.68'\n"
                "'%.2f'.format([2.675])  =>  '2.67'\n"
                "(1234567.895).format(2, '.', ',')  =>  '1.234.567,90'",
     .objection = wrong_format},
};

}  // namespace

std::span<const Function> format_functions() { return format_table; }

}  // namespace millrace
