#include "value/one_form.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "value/json.hpp"

namespace millrace {

namespace {

Value whole_number(const Value& value) {
  constexpr double end_of_whole = 9223372036854775808.0, end_of_unsigned = 2 * end_of_whole;
  const double number = value.number();
  if (std::trunc(number) != number || number < -end_of_whole || number >= end_of_unsigned) return value;
  if (number < end_of_whole) return static_cast<std::int64_t>(number);
  return static_cast<std::uint64_t>(number);
}

std::string name_of_member(const Value& key) { return key.is_text() ? key.text() : encode_json(key); }

}  // namespace

Value in_one_form(const Value& value) {
  if (value.is(Kind::number)) return whole_number(value);
  if (value.is_list()) {
    Value::List list;
    list.reserve(value.list().size());
    for (const Value& item : value.list()) list.push_back(in_one_form(item));
    return list;
  }
  if (!value.is_map()) return value;
  std::vector<std::pair<std::string, const Map::Entry*>> members;
  members.reserve(value.map().size());
  for (const Map::Entry& member : value.map()) members.emplace_back(name_of_member(member.first), &member);
  std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Map sorted;
  sorted.reserve(members.size());
  for (const auto& [name, member] : members) sorted.set(member->first, in_one_form(member->second));
  return sorted;
}

}  // namespace millrace
