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

/// The list with each of its items as `changed` gives it.
template <class Changed>
Value each_of(const Value& list, Changed changed) {
  Value::List items;
  items.reserve(list.list().size());
  for (const Value& item : list.list()) items.push_back(changed(item));
  return Value(std::move(items));
}

/// The texts of a list, or the lone one; what else stands there is left out.
inline std::vector<std::string> texts_of(const Value* list) {
  std::vector<std::string> texts;
  if (list != nullptr && list->is_text()) texts.push_back(list->text());
  if (list == nullptr || !list->is_list()) return texts;
  for (const Value& each : list->list()) {
    if (each.is_text()) texts.push_back(each.text());
  }
  return texts;
}

}  // namespace millrace
