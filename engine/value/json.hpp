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
  bool unknowns = false;  ///< read {"$unknown": "..."} back as an unknown: only for text that this engine wrote
  /// One odd name or number must not make the whole of it unreadable: half a surrogate pair and bytes that are no UTF-8
  /// become U+FFFD (and a number is added to a key that would be there twice by that), a whole number beyond 64 bits a
  /// double, and one beyond a double the largest finite one, because only that can go out again.
  bool mend = false;
};

/// For what comes from outside: deliveries, answers, what plugins say.
inline constexpr JsonLimits from_outside{.mend = true};

/// Reads one JSON document (RFC 8259). UTF-8 is validated, duplicate keys are refused, whole numbers without '.' or
/// exponent become int (uint above int64, an error above that), others double. Members keep their order.
Result<Value> parse_json(std::string_view text, const JsonLimits& limits = {});

enum class JsonStyle : unsigned char { compact, indented };

/// Writes any value as JSON: timestamps as RFC 3339 UTC, durations as "1.5s", bytes as base64, types by name, NaN and
/// infinities as text, an empty optional as null, an unknown as {"$unknown": "..."}; keys of maps become text.
std::string encode_json(const Value& value, JsonStyle style = JsonStyle::compact);

}  // namespace millrace
