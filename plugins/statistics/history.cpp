#include "history.hpp"

#include <algorithm>

namespace millrace::statistics {

using job::Json;

namespace {

constexpr std::string_view locations_key = "locations";

Figures figures_in(const Json& object) {
  Figures figures;
  for (const std::string_view metric : metrics) {
    const Json* value = job::find(object, metric);
    if (value != nullptr && value->IsNumber()) figures.emplace(metric, value->GetDouble());
  }
  return figures;
}

Json object_of(const Figures& figures) {
  Json object(rapidjson::kObjectType);
  for (const std::string_view metric : metrics) {
    if (const auto value = figure(figures, metric)) job::add_members(object, metric, number(*value));
  }
  return object;
}

Snapshot snapshot_in(const Json& day) {
  Snapshot snapshot;
  if (const Json* all = job::find(day, "all")) snapshot.all = figures_in(*all);
  const Json* platforms = job::find(day, "platforms");
  if (platforms == nullptr || !platforms->IsObject()) return snapshot;
  for (const auto& platform : platforms->GetObject()) {
    snapshot.platforms.emplace(platform.name.GetString(), figures_in(platform.value));
  }
  return snapshot;
}

Json object_of(const std::string& collected, const Snapshot& snapshot) {
  Json platforms(rapidjson::kObjectType);
  for (const auto& [platform, figures] : snapshot.platforms) job::add_members(platforms, platform, object_of(figures));
  return job::object("collected", job::text(collected), "all", object_of(snapshot.all), "platforms",
                     std::move(platforms));
}

std::string month_in(const std::string& date) { return date.substr(0, 7); }

std::vector<std::string> names_in(const Json& list) {
  std::vector<std::string> names;
  if (!list.IsArray()) return names;
  for (const Json& name : list.GetArray()) {
    if (name.IsString()) names.emplace_back(name.GetString(), name.GetStringLength());
  }
  return names;
}

}  // namespace

std::map<std::string, History::Entry> History::days_in(const Json& days) {
  std::map<std::string, Entry> entries;
  if (!days.IsObject()) return entries;
  for (const auto& day : days.GetObject()) {
    entries[day.name.GetString()] = {job::text_of(day.value, "collected"), snapshot_in(day.value)};
  }
  return entries;
}

Json History::object_of(const std::map<std::string, Entry>& entries) {
  Json days(rapidjson::kObjectType);
  for (const auto& [date, entry] : entries) {
    job::add_members(days, date, statistics::object_of(entry.collected, entry.snapshot));
  }
  return days;
}

History::Month& History::month_of(const std::string& date) {
  const std::string name = month_in(date);
  const auto known = months_.find(name);
  if (known != months_.end()) return known->second;
  Month& month = months_[name];
  month.held = call_.read_state(key_of(name));
  month.days = days_in(month.held);
  return month;
}

const Snapshot* History::find(job::Day day) {
  const std::string date = job::date_text(day);
  const Month& month = month_of(date);
  const auto found = month.days.find(date);
  return found == month.days.end() ? nullptr : &found->second.snapshot;
}

void History::put(job::Day day, Snapshot snapshot) {
  const std::string date = job::date_text(day);
  Month& month = month_of(date);
  month.days[date] = month.put[date] = {job::time_text(call_.now()), std::move(snapshot)};
}

void History::save() {
  bool wrote = false;
  for (auto& [name, month] : months_) {
    if (month.put.empty()) continue;
    save(name, month);
    wrote = true;
  }
  if (wrote) save_location();
}

void History::save(const std::string& name, Month& month) {
  while (true) {
    const job::Json days = object_of(month.days);
    job::Call::Swap swap = call_.swap_state(key_of(name), month.held, days);
    month.held = std::move(swap.held);
    if (swap.swapped) break;
    month.days = days_in(month.held);
    for (const auto& [date, entry] : month.put) month.days[date] = entry;
  }
  month.put.clear();
}

void History::save_location() {
  Json known = call_.read_state(locations_key);
  while (true) {
    std::vector<std::string> names = names_in(known);
    if (std::find(names.begin(), names.end(), location_) != names.end()) return;
    names.push_back(location_);
    std::sort(names.begin(), names.end());
    Json list(rapidjson::kArrayType);
    for (const std::string& name : names) list.PushBack(job::text(name), job::memory);
    job::Call::Swap swap = call_.swap_state(locations_key, known, list);
    if (swap.swapped) return;
    known = std::move(swap.held);
  }
}

std::vector<std::string> History::locations(job::Call& call) { return names_in(call.read_state(locations_key)); }

}  // namespace millrace::statistics
