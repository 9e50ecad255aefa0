#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "value/value.hpp"
#include "workflow/model.hpp"

namespace millrace {

/// Which of many conditions an event can make true. A condition that must have `event.a.b == "constant"` (alone or as
/// a part of `&&`) is found by that constant, so an event touches only what can match. Loop thread only.
class RuleIndex {
 public:
  /// `rule` is the caller's number for it. No condition: always a candidate. REQUIRES: the condition outlives the
  /// index.
  void add(std::size_t rule, const PlacedExpression* condition);

  /// The rules that may match, in ascending order: appended to `found`. Their conditions still have to be evaluated.
  void candidates(const Value& event, std::vector<std::size_t>& found) const;

 private:
  struct Field {
    std::vector<std::string> path;  ///< below `event`
    std::unordered_map<std::string, std::vector<std::size_t>> by_text;
  };
  std::vector<Field> fields_;
  std::vector<std::size_t> always_;
};

}  // namespace millrace
