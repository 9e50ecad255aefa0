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

}  // namespace

History::Month& History::month_of(const std::string& date) {
  const std::string name = month_in(date);
  const auto known = months_.find(name);
  if (known != months_.end()) return known->second;
  Month& month = months_[name];
  const Json days = call_.read_state("days/" + location_ + "/" + name);
  if (!days.IsObject()) return month;
  for (const auto& day : days.GetObject()) {
    month.days[day.name.GetString()] = {job::text_of(day.value, "collected"), snapshot_in(day.value)};
  }
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
  month.days[date] = {job::time_text(call_.now()), std::move(snapshot)};
  month.changed = true;
}

void History::save() {
  bool wrote = false;
  for (auto& [name, month] : months_) {
    if (!month.changed) continue;
    Json days(rapidjson::kObjectType);
    for (const auto& [date, entry] : month.days) {
      job::add_members(days, date, object_of(entry.collected, entry.snapshot));
    }
    call_.write_state("days/" + location_ + "/" + name, days);
    month.changed = false;
    wrote = true;
  }
  if (!wrote) return;
  std::vector<std::string> known = locations(call_);
  if (std::find(known.begin(), known.end(), location_) != known.end()) return;
  known.push_back(location_);
  std::sort(known.begin(), known.end());
  Json names(rapidjson::kArrayType);
  for (const std::string& name : known) names.PushBack(job::text(name), job::memory);
  call_.write_state(locations_key, names);
}

std::vector<std::string> History::locations(job::Call& call) {
  std::vector<std::string> names;
  const Json known = call.read_state(locations_key);
  if (!known.IsArray()) return names;
  for (const Json& name : known.GetArray()) {
    if (name.IsString()) names.emplace_back(name.GetString(), name.GetStringLength());
  }
  return names;
}

}  // namespace millrace::statistics
