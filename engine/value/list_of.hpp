#pragma once

#include <string>
#include <utility>
#include <vector>

#include "value/value.hpp"

namespace millrace {

/// The texts as a list, in their order.
inline Value list_of(const std::vector<std::string>& texts) {
  Value::List list;
  list.reserve(texts.size());
  for (const std::string& text : texts) list.emplace_back(text);
  return Value(std::move(list));
}

}  // namespace millrace
