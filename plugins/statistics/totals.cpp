#include "totals.hpp"

#include <algorithm>

namespace millrace::statistics {

Figures Totals::add(const std::string& location, const Snapshot& day) {
  Figures together;
  ++days_[location];
  for (const auto& [platform, figures] : day.platforms) {
    if (!means(platform) || figures.empty()) continue;
    Figures& sums = platform_sums_[platform];
    ++known_[platform][std::string(anything)][location];
    for (const auto& [metric, value] : figures) {
      together[metric] += value;
      ++known_[platform][metric][location];
      if (metric == "followers") {
        Level& level = followers_[platform][location];
        if (level.times++ == 0) level.first = value;
        level.last = value;
      } else {
        sums[metric] += value;
      }
    }
  }
  if (platforms_.empty()) {
    for (const auto& [metric, value] : day.all) together[metric] = value;
  }
  for (const auto& [metric, value] : together) {
    ++days_by_metric_[metric];
    if (metric != "followers") sums_[metric] += value;
  }
  return together;
}

Figures Totals::all() const {
  Figures result = sums_;
  for (const auto& [platform, locations] : followers_) {
    for (const auto& [location, level] : locations) result["followers"] += level.last;
  }
  return result;
}

std::map<std::string, Figures> Totals::by_platform() const {
  std::map<std::string, Figures> result = platform_sums_;
  for (const auto& [platform, locations] : followers_) {
    for (const auto& [location, level] : locations) result[platform]["followers"] += level.last;
  }
  return result;
}

Totals::Days Totals::days_of(const std::string& platform, std::string_view metric) const {
  const auto metrics_of = known_.find(platform);
  if (metrics_of == known_.end()) return {};
  const auto found = metrics_of->second.find(metric);
  return found == metrics_of->second.end() ? Days() : found->second;
}

bool Totals::alike(const Totals& other, std::string_view metric) const {
  const auto days = [metric](const Totals& totals) {
    const auto found = totals.days_by_metric_.find(metric);
    return found == totals.days_by_metric_.end() ? 0 : found->second;
  };
  const auto known_alike = [&](const auto& known) {
    return alike(other, known.first, anything) && alike(other, known.first, metric);
  };
  return days(*this) == days(other) && std::all_of(known_.begin(), known_.end(), known_alike) &&
         std::all_of(other.known_.begin(), other.known_.end(), known_alike);
}

bool Totals::alike(const Totals& other, const std::string& platform, std::string_view metric) const {
  return days_of(platform, metric) == other.days_of(platform, metric);
}

Totals::Growth Totals::growth_since(const Totals& before, const std::string& wanted) const {
  Growth growth;
  for (const auto& [platform, locations] : followers_) {
    if (!wanted.empty() && platform != wanted) continue;
    const auto earlier = before.followers_.find(platform);
    for (const auto& [location, level] : locations) {
      std::optional<double> from;
      if (level.times > 1) from = level.first;
      if (earlier != before.followers_.end()) {
        const auto found = earlier->second.find(location);
        if (found != earlier->second.end()) from = found->second.last;
      }
      if (!from) continue;
      growth.before = growth.before.value_or(0) + *from;
      growth.after = growth.after.value_or(0) + level.last;
    }
  }
  return growth;
}

}  // namespace millrace::statistics
