#include "gate/planned_changes.hpp"

#include <algorithm>
#include <utility>

#include "gate/encode_change.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

/// A value as it comes back from a plan's file: times, for one, are text there.
Value as_in_a_file(const Value& value) {
  const auto read = parse_marked_json(encode_marked_json(value));
  return read ? *read : value;
}

/// Equal, where what the plan could not know fits anything.
bool fits(const Value& planned, const Value& made) {
  if (planned.is_unknown()) return true;
  if (planned.is_map() && made.is_map()) {
    if (planned.map().size() != made.map().size()) return false;
    return std::all_of(planned.map().begin(), planned.map().end(), [&made](const Map::Entry& entry) {
      const Value* other = made.map().find(entry.first);
      return other && fits(entry.second, *other);
    });
  }
  if (planned.is_list() && made.is_list()) {
    return std::equal(planned.list().begin(), planned.list().end(), made.list().begin(), made.list().end(), fits);
  }
  return planned == made;
}

/// A file is told by its target alone.
bool fits(const Change& planned, const Change& made) {
  if (planned.effect != made.effect || planned.action != made.action || planned.method != made.method) return false;
  if (!fits(planned.target, made.target)) return false;
  return planned.method.empty() || (fits(planned.url, made.url) && fits(planned.body, made.body));
}

bool wholly_known(const Change& change) {
  return !change.target.contains_unknown() && !change.url.contains_unknown() && !change.body.contains_unknown();
}

}  // namespace

PlannedChanges::PlannedChanges(std::vector<Change> planned) {
  // What is wholly known comes first, so that it is not left over because its like has taken what fits more.
  std::stable_partition(planned.begin(), planned.end(), wholly_known);
  for (Change& change : planned) planned_.push_back({std::move(change), "", 0});
}

std::shared_ptr<PlannedChanges> PlannedChanges::read(std::string_view text) {
  std::vector<Change> planned;
  const auto list = parse_marked_json(text);
  if (list && list->is_list()) {
    for (const Value& each : list->list()) {
      if (auto change = decode_change(each)) planned.push_back(std::move(*change));
    }
  }
  return std::make_shared<PlannedChanges>(std::move(planned));
}

std::string PlannedChanges::text() const {
  Value::List list;
  for (const Planned& one : planned_) list.push_back(encode_change(one.change));
  return encode_marked_json(Value(std::move(list)));
}

std::vector<PlannedChanges::Planned>::iterator PlannedChanges::find(const Change& change, const std::string& key) {
  Change wanted = change;
  wanted.target = as_in_a_file(change.target);
  wanted.body = as_in_a_file(change.body);
  const auto again = [&](const Planned& one) { return one.taken > 0 && one.key == key && fits(one.change, wanted); };
  const auto free = [&](const Planned& one) { return one.taken == 0 && fits(one.change, wanted); };
  const auto found = std::find_if(planned_.begin(), planned_.end(), again);
  return found != planned_.end() ? found : std::find_if(planned_.begin(), planned_.end(), free);
}

Result<std::size_t> PlannedChanges::take(const Change& change, const std::string& key) {
  const auto found = find(change, key);
  if (found == planned_.end()) {
    refused_.push_back(change);
    return Error{ErrorCode::denied, "not in the plan: " + change.summary + "; it was not done"};
  }
  found->key = key;
  ++found->taken;
  return static_cast<std::size_t>(found - planned_.begin());
}

void PlannedChanges::recall(const Change& change, const std::string& key) {
  const auto found = find(change, key);
  if (found == planned_.end()) return;
  found->key = key;
  ++found->taken;
}

void PlannedChanges::give_back(std::size_t number) { --planned_[number].taken; }

std::vector<Change> PlannedChanges::not_made() const {
  std::vector<Change> left;
  for (const Planned& one : planned_) {
    if (one.taken == 0) left.push_back(one.change);
  }
  return left;
}

}  // namespace millrace
