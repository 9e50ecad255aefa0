#include "kept_days.hpp"

#include <algorithm>

namespace millrace::statistics {

using job::Json;

namespace {

constexpr std::string_view locations_key = "locations";

std::map<std::string, Json> days_in(const Json& month) {
  std::map<std::string, Json> days;
  if (!month.IsObject()) return days;
  for (const auto& day : month.GetObject()) days[day.name.GetString()] = job::copy(day.value);
  return days;
}

Json object_of(const std::map<std::string, Json>& days) {
  Json month(rapidjson::kObjectType);
  for (const auto& [date, value] : days) job::add_members(month, date, job::copy(value));
  return month;
}

const Json* value_at(const std::map<std::string, Json>& days, const std::string& date) {
  const auto found = days.find(date);
  return found == days.end() ? nullptr : &found->second;
}

std::vector<std::string> names_in(const Json& list) {
  std::vector<std::string> names;
  if (!list.IsArray()) return names;
  for (const Json& name : list.GetArray()) {
    if (name.IsString()) names.emplace_back(name.GetString(), name.GetStringLength());
  }
  return names;
}

}  // namespace

KeptDays::Month& KeptDays::month_of(const std::string& date) {
  const std::string name = date.substr(0, 7);
  const auto known = months_.find(name);
  if (known != months_.end()) return known->second;
  Month& month = months_[name];
  month.held = call_.read_state(key_of(name));
  month.days = days_in(month.held);
  return month;
}

const Json* KeptDays::find(job::Day day) {
  const std::string date = job::date_text(day);
  return value_at(month_of(date).days, date);
}

void KeptDays::change(job::Day day, Change change) {
  const std::string date = job::date_text(day);
  Month& month = month_of(date);
  month.days[date] = change(value_at(month.days, date));
  month.changes[date].push_back(std::move(change));
}

void KeptDays::save() {
  bool wrote = false;
  for (auto& [name, month] : months_) {
    if (month.changes.empty()) continue;
    save(name, month);
    wrote = true;
  }
  if (wrote) save_location();
}

void KeptDays::save(const std::string& name, Month& month) {
  while (true) {
    job::Call::Swap swap = call_.swap_state(key_of(name), month.held, object_of(month.days));
    month.held = std::move(swap.held);
    if (swap.swapped) break;
    month.days = days_in(month.held);
    for (const auto& [date, changes] : month.changes) {
      for (const Change& change : changes) month.days[date] = change(value_at(month.days, date));
    }
  }
  month.changes.clear();
}

void KeptDays::save_location() {
  Json known = call_.read_state(locations_key);
  while (true) {
    std::vector<std::string> names = names_in(known);
    if (std::find(names.begin(), names.end(), location_) != names.end()) return;
    names.push_back(location_);
    std::sort(names.begin(), names.end());
    job::Call::Swap swap = call_.swap_state(locations_key, known, list_of(names));
    if (swap.swapped) return;
    known = std::move(swap.held);
  }
}

std::vector<std::string> KeptDays::locations(job::Call& call) { return names_in(call.read_state(locations_key)); }

}  // namespace millrace::statistics
