#include "rehearsal/seen_member.hpp"

#include "value/member_path.hpp"

namespace millrace {

std::vector<std::string> list_inputs(const Value& input) {
  std::vector<std::string> names;
  if (!input.is_map()) return names;
  for (const auto& [name, value] : input.map()) {
    if (value.is_list()) names.push_back(name.text());
  }
  return names;
}

std::optional<std::string> member_seen(const Look& look, const Action& read, const Value& input, const Value& thing,
                                       const Value& value, const std::vector<std::string>& more) {
  if (!read.resource || !look.find || !thing.is_map()) return std::nullopt;
  std::vector<std::string> names = list_inputs(thing);
  names.insert(names.end(), more.begin(), more.end());
  const auto seen_in = [&](const std::string& name, const Value& member) {
    Map changed = thing.map();
    changed.set(name, member);
    const auto seen = seen_by(look, read, input, with_member(Value(Map()), read.resource->echo, Value(changed)));
    return seen && *seen == member;
  };
  // What the thing has in it already is seen wherever something else is put: another value tells.
  const Value other = Value::List{Value("\x01")};
  for (const std::string& name : names) {
    if (seen_in(name, value) && seen_in(name, other)) return name;
  }
  return std::nullopt;
}

}  // namespace millrace
