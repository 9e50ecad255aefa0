#include "totals.hpp"

#include <algorithm>

namespace millrace::statistics {

Snapshot Totals::meant_of(const Snapshot& day) const {
  Snapshot meant;
  if (platforms_.empty()) meant.all = day.all;
  for (const auto& [platform, figures] : day.platforms) {
    if (means(platform) && !figures.empty()) meant.platforms.emplace(platform, figures);
  }
  return meant;
}

Figures Totals::add(const std::string& location, const Snapshot& day) {
  const Snapshot meant = meant_of(day);
  if (meant.empty()) return {};
  Figures sum;
  ++days_[location];
  for (const auto& [platform, figures] : meant.platforms) {
    Figures& sums = platform_sums_[platform];
    ++known_[platform][std::string(anything)][location];
    for (const auto& [metric, value] : figures) {
      sum[metric] += value;
      ++known_[platform][metric][location];
      if (metric == "followers") {
        add_followers(platform, location, value);
      } else {
        sums[metric] += value;
      }
    }
  }
  for (const auto& [metric, value] : meant.all) sum[metric] = value;
  if (const auto followers = figure(meant.all, "followers")) add_followers(together, location, *followers);
  for (const auto& [metric, value] : sum) {
    ++days_by_metric_[metric][location];
    if (metric != "followers") sums_[metric] += value;
  }
  rates_.add(location, meant);
  return sum;
}

void Totals::add_followers(const std::string& platform, const std::string& location, double followers) {
  Level& level = followers_[platform][location];
  if (level.times++ == 0) level.first = followers;
  level.last = followers;
}

bool Totals::counts(const std::string& platform, const std::string& location) const {
  const auto told = followers_.find(together);
  const bool told_together = told != followers_.end() && told->second.count(location) > 0;
  return told_together == (platform == together);
}

Figures Totals::all() const {
  Figures result = sums_;
  for (const auto& [platform, locations] : followers_) {
    for (const auto& [location, level] : locations) {
      if (counts(platform, location)) result["followers"] += level.last;
    }
  }
  return result;
}

std::map<std::string, Figures> Totals::by_platform() const {
  std::map<std::string, Figures> result = platform_sums_;
  for (const auto& [platform, locations] : followers_) {
    if (platform == together) continue;
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
    return found == totals.days_by_metric_.end() ? Days() : found->second;
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
    if (wanted != together && platform != wanted) continue;
    const auto earlier = before.followers_.find(platform);
    for (const auto& [location, level] : locations) {
      if (wanted == together && !counts(platform, location)) continue;
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
