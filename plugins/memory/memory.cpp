#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>

#include "../support/job.hpp"
#include "../support/moment.hpp"
#include "../support/written_times.hpp"

namespace millrace::remembering {
namespace {

using job::Call;
using job::Failure;
using job::find;
using job::is_unknown;
using job::Json;
using job::object;
using job::text;
using job::text_of;

/// 10.0 as 10: numbers of the same value have the same digits.
Json plain_number(double number) {
  constexpr double end_of_whole = 9223372036854775808.0, end_of_unsigned = 2 * end_of_whole;
  if (std::trunc(number) != number || number < -end_of_whole || number >= end_of_unsigned) return Json(number);
  if (number < end_of_whole) return Json(static_cast<std::int64_t>(number));
  return Json(static_cast<std::uint64_t>(number));
}

/// One form for values that are equal, and so one text: members of objects are in order of their names.
Json one_form(const Json& value) {
  if (value.IsArray()) {
    Json list(rapidjson::kArrayType);
    for (const Json& item : value.GetArray()) list.PushBack(one_form(item), job::memory);
    return list;
  }
  if (value.IsDouble()) return plain_number(value.GetDouble());
  if (!value.IsObject()) return job::copy(value);
  std::map<std::string, const Json*> members;
  for (const auto& [name, member] : value.GetObject()) {
    members[{name.GetString(), name.GetStringLength()}] = &member;
  }
  Json sorted(rapidjson::kObjectType);
  for (const auto& [name, member] : members) job::add_members(sorted, name, one_form(*member));
  return sorted;
}

bool contains_unknown(const Json& value) {
  if (is_unknown(value)) return true;
  if (value.IsArray()) {
    return std::any_of(value.Begin(), value.End(), [](const Json& item) { return contains_unknown(item); });
  }
  return value.IsObject() && std::any_of(value.MemberBegin(), value.MemberEnd(),
                                         [](const auto& member) { return contains_unknown(member.value); });
}

/// The items of `list` that `others` lacks; what is there twice must be there twice.
Json missing_in(const Json& others, const Json& list) {
  std::map<std::string, int> there;
  for (const Json& item : others.GetArray()) ++there[job::encode(one_form(item))];
  Json missing(rapidjson::kArrayType);
  for (const Json& item : list.GetArray()) {
    if (--there[job::encode(one_form(item))] < 0) missing.PushBack(job::copy(item), job::memory);
  }
  return missing;
}

std::string key_in(const Json& input) {
  std::string key = text_of(input, "key");
  if (key.empty()) throw Failure{"invalid", "key says under which name it is remembered: give it a text"};
  return key;
}

/// In a dry run a key, a list or a period may only be known after the run: then nothing is compared and nothing
/// remembered.
const Json* unknown_in(const Json& input) {
  for (const char* name : {"key", "items", "at", "within"}) {
    const Json* value = find(input, name);
    if (value != nullptr && contains_unknown(*value)) return value;
  }
  return nullptr;
}

/// The list that was remembered: as such, or beside the time from which on it holds.
const Json* items_in(const Json& remembered) {
  const Json* items = remembered.IsObject() ? find(remembered, "items") : &remembered;
  return items != nullptr && items->IsArray() ? items : nullptr;
}

std::optional<std::int64_t> time_in(const Json& remembered) {
  return remembered.IsObject() ? job::milliseconds_in(remembered, "at") : std::nullopt;
}

/// What was told before the remembered list was, and only came after it.
bool comes_late(const Json& remembered, std::optional<std::int64_t> at) {
  const auto held = time_in(remembered);
  return at && held && *at < *held;
}

Json changes(Call& call, const Json& input) {
  if (unknown_in(input) != nullptr) return object("$unknown", text("what has changed since the last time"));
  const std::string key = "changes/" + key_in(input);
  const Json* items = find(input, "items");
  if (items == nullptr || !items->IsArray()) throw Failure{"invalid", "items must be a list"};
  const auto at = job::milliseconds_in(input, "at");
  Json remembered = call.read_state(key);
  while (true) {
    // A list that says no time is newer than what it came after, and what came late before is late after it, too.
    const auto since = at ? at : time_in(remembered);
    const Json now = since ? object("items", job::copy(*items), "at", Json(*since)) : job::copy(*items);
    if (remembered == now) break;
    if (comes_late(remembered, at)) {
      return object("added", Json(rapidjson::kArrayType), "removed", Json(rapidjson::kArrayType), "before",
                    job::copy(*items_in(remembered)), "first", Json(false), "late", Json(true));
    }
    Call::Swap swap = call.swap_state(key, remembered, now);
    if (swap.swapped) break;
    remembered = std::move(swap.held);
  }
  const Json* held = items_in(remembered);
  const Json before = held == nullptr ? Json(rapidjson::kArrayType) : job::copy(*held);
  Json added = missing_in(before, *items);
  Json removed = missing_in(*items, before);
  return object("added", std::move(added), "removed", std::move(removed), "before",
                held == nullptr ? Json() : job::copy(*held), "first", Json(held == nullptr), "late", Json(false));
}

Json once(Call& call, const Json& input) {
  if (unknown_in(input) != nullptr) return object("$unknown", text("whether it is the first time"));
  const std::string key = "once/" + key_in(input);
  const auto within = job::milliseconds_in(input, "within");
  if (!within) throw Failure{"invalid", "within is missing: write such as 12h or 90d"};
  Json remembered = call.read_state(key);
  while (true) {
    const std::string last = remembered.IsString() ? remembered.GetString() : "";
    const auto claimed = job::parse_time(last);
    Json told = claimed ? text(last) : Json();
    if (claimed && call.now() - *claimed < *within) return object("first", Json(false), "last", std::move(told));
    Call::Swap swap = call.swap_state(key, remembered, text(job::time_text(call.now())));
    if (swap.swapped) return object("first", Json(true), "last", std::move(told));
    remembered = std::move(swap.held);
  }
}

}  // namespace
}  // namespace millrace::remembering

const mr_plugin* mr_plugin_entry() {
  return millrace::job::plugin("memory",
                               {{"changes", millrace::remembering::changes}, {"once", millrace::remembering::once}});
}
