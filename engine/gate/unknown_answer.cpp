#include "gate/unknown_answer.hpp"

#include <algorithm>
#include <utility>

namespace millrace {

Value unknown_answer(const SchemaView& schema, const std::string& what) {
  const std::vector<std::string> names = schema.property_names();
  if (names.empty()) return Value::unknown(what);
  Map members;
  for (const std::string& name : names) members.set(name, Value::unknown("the " + name + " of " + what));
  return members;
}

Value unknown_answer_with(const SchemaView& schema, std::string_view path, const Value& known,
                          const std::string& what) {
  if (path.empty()) return known;
  const std::size_t dot = std::min(path.find('.'), path.size());
  const std::string_view first = path.substr(0, dot);
  const std::string_view rest = path.substr(std::min(dot + 1, path.size()));
  const Value around = unknown_answer(schema, what);
  Map members = around.is_map() ? around.map() : Map();
  members.set(first, unknown_answer_with(schema.property(first), rest, known, what));
  return members;
}

}  // namespace millrace
