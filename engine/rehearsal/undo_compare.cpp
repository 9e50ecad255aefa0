#include "rehearsal/undo_compare.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "base/unicode.hpp"
#include "value/json.hpp"
#include "value/member_path.hpp"
#include "value/time.hpp"

namespace millrace {
namespace {

std::string written(const Value& value) { return value.is_text() ? value.text() : encode_json(value); }

bool written_the_same(const Value& left, const Value& right) {
  return left == right || written(left) == written(right);
}

bool is_empty(const Value* value) {
  return value == nullptr || value->is_null() || (value->is_list() && value->list().empty());
}

Result<Timestamp> moment(const Value& value) {
  return value.is(Kind::timestamp) ? Result<Timestamp>(value.timestamp()) : parse_timestamp(written(value));
}

bool same_moment(const Value& left, const Value& right) {
  const auto at = moment(left), then = moment(right);
  return at && then && *at == *then;
}

bool same_to_the_letter(const Value& left, const Value& right) {
  return written_the_same(left, right) || same_moment(left, right);
}

}  // namespace

bool same_value(const Value& left, const Value& right) {
  if (written_the_same(left, right)) return true;
  if (left.is_text() && right.is_text() && vague_name_key(left.text()) == vague_name_key(right.text())) return true;
  return same_moment(left, right);
}

std::string shown(const Value& value) {
  return value.is_text() ? "\"" + value.text() + "\"" : shortened(encode_json(value), 80);
}

std::string changed_since(const MadeChange& change, const Value& now) {
  if (!change.left.is_map()) return "";
  for (const auto& [field, value] : change.left.map()) {
    const Value* today = member_at(now, field.text());
    if (today == nullptr && (is_empty(&value) || !change.shown.contains(field.text()))) continue;
    if (value.is_null() && written(*today).empty()) continue;  // nothing, in one way or the other
    // Only what the far side itself has said is compared to the letter: others it may write in its own way.
    if (today != nullptr && (change.told.contains(field.text()) ? same_to_the_letter : same_value)(*today, value))
      continue;
    return "its " + field.text() + " is now " + (today != nullptr ? shown(*today) : "empty") + ", and not " +
           (value.is_null() ? "empty" : shown(value)) + " as the run left it";
  }
  return "";
}

std::vector<std::string> filled_in_since(const MadeChange& change, const Value& now) {
  std::vector<std::string> names;
  const Value* made = thing_in(*change.action, change.past.output);
  if (made == nullptr || !now.is_map()) return names;
  for (const auto& [name, value] : now.map()) {
    const std::string& field = name.text();
    const auto& fields = change.action->resource->fields;
    const bool known = std::any_of(fields.begin(), fields.end(), [&](const auto& each) { return each.first == field; });
    const Value* then = member_at(*made, field);
    if (is_empty(&value) || (then == nullptr && !known) || change.left.find(field) != nullptr) continue;
    if (then != nullptr && (same_value(*then, value) || (moment(*then) && moment(value)))) continue;
    if (then != nullptr || field != "locationId") names.push_back(field);
  }
  return names;
}

bool as_it_was(const Action& back, const Value& input, const Value& now) {
  if (!back.resource) return false;
  bool compared = false;
  for (const auto& [field, name] : back.resource->fields) {
    const Value* wanted = input.find(name);
    const Value* today = member_at(now, field);
    if (wanted == nullptr || today == nullptr || name == "location_id" || name == back.resource->id_input) continue;
    if (!written_the_same(*wanted, *today)) return false;
    compared = true;
  }
  return compared;
}

bool still_lacks(const Action& back, const TakenBack& wanted, const Value& now) {
  if (!back.resource || !wanted.of_fields) return false;
  const auto& fields = back.resource->fields;
  return std::any_of(fields.begin(), fields.end(), [&](const auto& field) {
    const bool put = std::find(wanted.put_back.begin(), wanted.put_back.end(), field.second) != wanted.put_back.end();
    const Value* value = put ? wanted.input.find(field.second) : nullptr;
    return value != nullptr && !is_empty(value) && member_at(now, field.first) == nullptr;
  });
}

std::vector<std::string> not_put_back(TakenBack& back, const Value& now) {
  std::vector<std::string> told;
  const auto say = [&told](const std::vector<std::string>& names, const std::string& why, const char* read) {
    const bool one = names.size() == 1;
    if (!names.empty())
      told.push_back("its " + join(names, " and ") + (one ? " is" : " are") + " not put back, because " + why +
                     (one ? " it is " : " they are ") + read);
  };
  say(back.untold, "the plugin does not say where", "read");
  Map input = back.input.map();
  std::vector<std::string> not_shown;
  for (const auto& [field, name] : back.empty_before) {
    const Value* today = member_at(now, field);
    if (today == nullptr) {
      input.erase(name);
      std::erase(back.put_back, name);
      not_shown.push_back(field);
    } else if (back.input.find(name) == nullptr && !today->is_null()) {
      told.push_back("its " + field + " had no value before, and keeps " + shown(*today));
    }
  }
  say(not_shown, "neither before nor now", "shown");
  back.input = Value(std::move(input));
  return told;
}

bool nothing_left(const Action& back, const Value& input) {
  const auto required = back.inputs().required();
  return std::any_of(required.begin(), required.end(),
                     [&input](const std::string& name) { return is_empty(input.find(name)); });
}

std::string name_without_lists(const std::string& action, const std::string& connection, const Value& input) {
  std::map<std::string, std::string> parts;
  for (const auto& [name, value] : input.map()) {
    if (!value.is_list()) parts[name.text()] = encode_json(value);
  }
  std::string all = action + " " + connection;
  for (const auto& [name, value] : parts) all += " " + name + "=" + value;
  return all;
}

bool has_lists_of(const Value& input, const Value& given) {
  for (const auto& [name, value] : given.map()) {
    if (!value.is_list()) continue;
    const Value* listed = input.find(name.text());
    if (listed == nullptr || !listed->is_list()) return false;
    for (const Value& one : value.list()) {
      const auto same = [&one](const Value& other) { return same_value(one, other); };
      if (std::none_of(listed->list().begin(), listed->list().end(), same)) return false;
    }
  }
  return true;
}

Value::List without_items(const Value::List& list, const Value::List& items) {
  Value::List rest;
  for (const Value& one : list) {
    const auto same = [&one](const Value& other) { return same_value(one, other); };
    if (std::none_of(items.begin(), items.end(), same)) rest.push_back(one);
  }
  return rest;
}

Value with_lists_of(const Value& input, const Value& more) {
  Map joined = input.map();
  for (const auto& [name, value] : more.map()) {
    if (!value.is_list()) continue;
    const Value* listed = joined.find(name);
    Value::List all = listed != nullptr && listed->is_list() ? listed->list() : Value::List();
    for (const Value& one : value.list()) {
      if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(one);
    }
    joined.set(name, std::move(all));
  }
  return Value(std::move(joined));
}

}  // namespace millrace
