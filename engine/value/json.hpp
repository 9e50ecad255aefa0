#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "value/value.hpp"

namespace millrace {

/// The rules of the border: what comes from outside and breaks one is refused with the byte offset and the reason.
struct JsonLimits {
  std::size_t max_bytes = 64u << 20;
  int max_depth = 64;
  /// What its values may cost beside their bytes: one each, a name three, a list or map four, because "{}," takes far
  /// more memory and time than three letters of a text.
  std::size_t max_values = 8'000'000;
  /// One odd name or number must not make the whole of it unreadable: half a surrogate pair and bytes that are no UTF-8
  /// become U+FFFD (and a number is added to a key that would be there twice by that), a whole number beyond 64 bits a
  /// double, and one beyond a double the largest finite one, because only that can go out again.
  bool mend = false;
};

/// For what comes from outside: deliveries, answers, what plugins say.
inline constexpr JsonLimits from_outside{.mend = true};

/// Reads one JSON document (RFC 8259). UTF-8 is validated, duplicate keys are refused, whole numbers without '.' or
/// exponent become int (uint above int64, an error above that), others double. Members keep their order. Nothing in it
/// is ever an unknown, whatever it is called: it is data.
Result<Value> parse_json(std::string_view text, const JsonLimits& limits = {});

enum class JsonStyle : unsigned char { compact, indented };

/// Writes any value as JSON: timestamps as RFC 3339 UTC, durations as "1.5s", bytes as base64, types by name, NaN and
/// infinities as text, an empty optional as null, an unknown as {"$unknown": "..."}; keys of maps become text.
std::string encode_json(const Value& value, JsonStyle style = JsonStyle::compact);

/// The same where the engine reads it again itself, or a plugin does: in a plan's file, and what is said to libraries.
/// {"$unknown": "..."} is an unknown there, and a name of data that looks so ("$unknown", "$$unknown", ...) has one
/// more
/// "$" in front, so that data is never taken for an unknown.
std::string encode_marked_json(const Value& value, JsonStyle style = JsonStyle::compact);

/// Whom marked JSON comes from: only who knows of unknowns can speak of them.
enum class Marks : unsigned char {
  names_only,  ///< somebody who was told no unknown: names lose their "$", and all of it is data
  unknowns,    ///< the engine, or a library that was told one
};

/// Reads what `encode_marked_json` wrote.
Result<Value> parse_marked_json(std::string_view text, const JsonLimits& limits = {}, Marks marks = Marks::unknowns);

}  // namespace millrace
