#pragma once

#include <string>
#include <utility>
#include <vector>

#include "value/value.hpp"

namespace millrace {

/// What a sender has put under names, in the order in which each name came first; one that comes several times has a
/// list. Takes as long as what it is given, however often a name is repeated.
class NamedValues {
 public:
  void add(std::string name, Value value) {
    if (const Value* known = places_.find(std::string_view(name))) {
      values_[static_cast<std::size_t>(known->integer())].second.push_back(std::move(value));
      return;
    }
    places_.set(name, static_cast<std::int64_t>(values_.size()));
    values_.emplace_back(std::move(name), Value::List{std::move(value)});
  }

  /// Each name with its values.
  const std::vector<std::pair<std::string, Value::List>>& all() const noexcept { return values_; }

  Value take() {
    Map members;
    for (auto& [name, values] : values_)
      members.set(std::move(name), values.size() == 1 ? std::move(values.front()) : Value(std::move(values)));
    return Value(std::move(members));
  }

 private:
  std::vector<std::pair<std::string, Value::List>> values_;
  Map places_;  // of each name in `values_`
};

}  // namespace millrace
