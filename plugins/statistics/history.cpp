#include "history.hpp"

namespace millrace::statistics {

using job::Json;

namespace {

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

}  // namespace

std::optional<Snapshot> History::find(job::Day day) {
  const Json* kept = days_.find(day);
  return kept != nullptr ? std::optional(snapshot_in(*kept)) : std::nullopt;
}

void History::put(job::Day day, Snapshot snapshot) {
  days_.change(day, [at = job::time_text(call_.now()), snapshot = std::move(snapshot)](const Json*) {
    return object_of(at, snapshot);
  });
}

}  // namespace millrace::statistics
