#include "value/member_path.hpp"

#include <algorithm>
#include <utility>

namespace millrace {

const Value* member_at(const Value& value, std::string_view dotted_path) {
  const Value* here = &value;
  while (here != nullptr && !dotted_path.empty()) {
    const std::size_t dot = std::min(dotted_path.find('.'), dotted_path.size());
    here = here->find(dotted_path.substr(0, dot));
    dotted_path.remove_prefix(std::min(dot + 1, dotted_path.size()));
  }
  return here;
}

Value with_member(const Value& value, std::string_view dotted_path, Value member) {
  if (dotted_path.empty()) return member;
  const std::size_t dot = std::min(dotted_path.find('.'), dotted_path.size());
  const std::string_view first = dotted_path.substr(0, dot);
  const std::string_view rest = dotted_path.substr(std::min(dot + 1, dotted_path.size()));
  const Value* inner = value.find(first);
  Map entries = value.is_map() ? value.map() : Map();
  entries.set(first, with_member(inner ? *inner : Value(), rest, std::move(member)));
  return entries;
}

}  // namespace millrace
