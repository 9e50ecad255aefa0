#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "expr/expression.hpp"
#include "value/value.hpp"

namespace millrace {

/// What a test file says that a value shall be: the value itself, or a matcher in its place, at any depth.
struct Expected {
  enum class Kind : std::uint8_t {
    value,     ///< equal to it; null also where there is nothing
    any,       ///< whatever it is, but there
    contains,  ///< a text with this text in it, or a list with such an item
    matches,   ///< a text that fits the pattern
    where,     ///< an expression over `value` that is true
    all,       ///< several matchers at once: each of them
    list,      ///< as many items, each as expected
    map,       ///< a mapping with these members, and with others perhaps
  };
  struct Member;
  Kind kind = Kind::value;
  Value value;                  ///< of value; of matches: the pattern
  std::vector<Expected> items;  ///< of list, all; of contains: the one
  std::vector<Member> members;  ///< of map
  std::optional<Expression> where;
  SourceMark at;

  const Expected* member(std::string_view name) const noexcept;
  /// As people read it: the value, or the matcher as it is written.
  std::string text() const;
};

struct Expected::Member {
  std::string name;
  Expected value;
};

/// One place at which a value is another than was expected.
struct Mismatch {
  std::string place;  ///< "changes[0].target"
  std::string expected, got;
  SourceMark at;  ///< of what was expected
};

/// Adds everything in which `actual` (nullptr: nothing is there) is other than expected. Times and durations are equal
/// to the texts that people write for them, numbers to numbers of any kind.
void compare(const Expected& expected, const Value* actual, const std::string& place,
             std::vector<Mismatch>& mismatches);

}  // namespace millrace
