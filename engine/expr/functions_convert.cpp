#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/text.hpp"
#include "expr/functions.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

Value unreadable(const Call& call, std::string_view what) {
  constexpr std::size_t longest_shown = 40;
  return call.fail("\"" + shortened(call[0].text(), longest_shown) + "\" is no " + std::string(what));
}

template <class Number>
bool read_whole(std::string_view text, Number& number) {
  if (text.starts_with('+')) text.remove_prefix(text.starts_with("+-") ? 0 : 1);
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc() && end == text.data() + text.size() && !text.empty();
}

Value to_int(Call& call) {
  const Value& from = call[0];
  if (from.is(Kind::integer)) return from;
  if (from.is(Kind::timestamp)) return from.timestamp().seconds;
  if (from.is(Kind::unsigned_integer)) {
    if (from.unsigned_integer() > INT64_MAX) return call.fail("the number is too large for a whole number");
    return static_cast<std::int64_t>(from.unsigned_integer());
  }
  if (from.is(Kind::number)) {
    // The lowest whole number is left out, as CEL does: a double that large has lost its last digits.
    if (std::isnan(from.number())) return call.fail("NaN is no whole number");
    if (from.number() <= -0x1p63) return call.fail("the number is too small for a whole number");
    if (from.number() >= 0x1p63) return call.fail("the number is too large for a whole number");
    return static_cast<std::int64_t>(from.number());
  }
  if (!from.is_text()) return call.mismatch();
  std::int64_t number = 0;
  return read_whole(from.text(), number) ? Value(number) : unreadable(call, "whole number");
}

Value to_uint(Call& call) {
  const Value& from = call[0];
  if (from.is(Kind::unsigned_integer)) return from;
  if (from.is(Kind::integer)) {
    if (from.integer() < 0) return call.fail("a number below zero cannot be unsigned");
    return static_cast<std::uint64_t>(from.integer());
  }
  if (from.is(Kind::number)) {
    if (!(from.number() >= 0 && from.number() < 0x1p64))
      return call.fail("the number does not fit an unsigned whole number");
    return static_cast<std::uint64_t>(from.number());
  }
  if (!from.is_text()) return call.mismatch();
  std::uint64_t number = 0;
  return read_whole(from.text(), number) ? Value(number) : unreadable(call, "unsigned whole number");
}

Value to_double(Call& call) {
  const Value& from = call[0];
  if (const auto number = as_double(from)) return *number;
  if (!from.is_text()) return call.mismatch();
  std::string_view text = from.text();
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole_text = end == text.data() + text.size() && !text.empty() && failure != std::errc::invalid_argument;
  // What the library reads beyond digits ("inf", "nan(x)") is no number but in the three words that string() writes.
  const bool digits = text.find_first_not_of("+-.eE0123456789") == std::string_view::npos;
  const bool words = text == "NaN" || text == "Infinity" || text == "-Infinity";
  if (!whole_text || !(digits || words) || from.text().starts_with("+-")) return unreadable(call, "number");
  // Out of range is infinity or zero, as strtod decides; from_chars leaves the number alone.
  return failure == std::errc() ? number : std::strtod(from.text().c_str(), nullptr);
}

Value to_bool(Call& call) {
  if (call.are(Kind::boolean)) return call[0];
  if (!call.are(Kind::text)) return call.mismatch();
  const std::string& text = call[0].text();
  for (const std::string_view yes : {"true", "True", "TRUE", "t", "1"}) {
    if (text == yes) return true;
  }
  for (const std::string_view no : {"false", "False", "FALSE", "f", "0"}) {
    if (text == no) return false;
  }
  return unreadable(call, "true or false");
}

Value to_text(Call& call) {
  const Value& from = call[0];
  switch (from.kind()) {
    case Kind::text:
      return from;
    case Kind::boolean:
      return from.boolean() ? "true" : "false";
    case Kind::integer:
      return std::to_string(from.integer());
    case Kind::unsigned_integer:
      return std::to_string(from.unsigned_integer());
    case Kind::number:
      return number_text(from.number());
    case Kind::timestamp:
      return render(from.timestamp());
    case Kind::duration:
      return duration_text(from.duration());
    case Kind::bytes:
      if (!valid_utf8(from.bytes())) return call.fail("these bytes are no valid UTF-8 text");
      return from.bytes();
    case Kind::null:
    case Kind::list:
    case Kind::map:
    case Kind::type:
    case Kind::optional:
    case Kind::unknown:
      break;
  }
  return call.mismatch();
}

Value to_bytes(Call& call) {
  if (call.are(Kind::bytes)) return call[0];
  return call.are(Kind::text) ? Value::bytes(call[0].text()) : call.mismatch();
}

Value as_is(Call& call) { return call[0]; }

std::string_view type_name(Kind kind) noexcept {
  switch (kind) {
    case Kind::null:
      return "null_type";
    case Kind::boolean:
      return "bool";
    case Kind::integer:
      return "int";
    case Kind::unsigned_integer:
      return "uint";
    case Kind::number:
      return "double";
    case Kind::text:
      return "string";
    case Kind::bytes:
      return "bytes";
    case Kind::list:
      return "list";
    case Kind::map:
      return "map";
    case Kind::timestamp:
      return "google.protobuf.Timestamp";
    case Kind::duration:
      return "google.protobuf.Duration";
    case Kind::type:
      return "type";
    case Kind::optional:
      return "optional_type";
    case Kind::unknown:
      break;
  }
  return "";
}

Value type_of(Call& call) { return *type_named(type_name(call[0].kind())); }

constexpr Function conversion_table[] = {
    {"int", Style::alone, 1, 1, to_int, numbers | kind_set(Kind::text, Kind::timestamp), Kind::integer, "int(value)",
     "a whole number from a number (cut towards zero), from text, or a time in seconds since 1970",
     "int(3.9)  =>  3\nint('42')  =>  42", false},
    {"uint", Style::alone, 1, 1, to_uint, numbers | texts, Kind::unsigned_integer, "uint(value)",
     "an unsigned whole number", "uint('42')  =>  42u", false},
    {"double", Style::alone, 1, 1, to_double, numbers | texts, Kind::number, "double(value)",
     "a number with decimals, from a whole number or text", "double('1.50')  =>  1.5\ndouble(7) / 2  =>  3.5", false},
    {"bool", Style::alone, 1, 1, to_bool, kind_set(Kind::boolean, Kind::text), Kind::boolean, "bool(value)",
     "true or false from such a text", "bool('true')  =>  true", false},
    {"string", Style::alone, 1, 1, to_text,
     numbers | kind_set(Kind::text, Kind::boolean, Kind::bytes, Kind::timestamp, Kind::duration), Kind::text,
     "string(value)", "text from a number, true/false, a time, a duration or bytes", "string(1.50)  =>  '1.5'", false},
    {"bytes", Style::alone, 1, 1, to_bytes, kind_set(Kind::text, Kind::bytes), Kind::bytes, "bytes(text)",
     "the bytes of a text in UTF-8", "bytes('ab').size()  =>  2", false},
    {"dyn", Style::alone, 1, 1, as_is, any_kind, std::nullopt, "dyn(value)", "the value itself, unchecked",
     "dyn(1)  =>  1", false, false},
    {"type", Style::alone, 1, 1, type_of, any_kind, Kind::type, "type(value)", "the type of a value",
     "type(1) == int  =>  true", false, false},
};

}  // namespace

std::span<const Function> conversion_functions() { return conversion_table; }

std::string number_text(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  // Fixed notation as far as people read it easily: below 1e21, and down to a millionth.
  const double size = std::fabs(number);
  if (size == 0) return "0";  // what is rounded to nothing has no sign
  const bool fixed = size >= 1e-6 && size < 1e21;
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number,
                                 fixed ? std::chars_format::fixed : std::chars_format::scientific);
  return std::string(buffer, end.ptr);
}

}  // namespace millrace
