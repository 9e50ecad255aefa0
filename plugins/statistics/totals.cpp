#include "totals.hpp"

namespace millrace::statistics {

Figures Totals::add(const std::string& location, const Snapshot& day) {
  Figures together;
  for (const auto& [platform, figures] : day.platforms) {
    if (!means(platform)) continue;
    Figures& sums = platform_sums_[platform];
    for (const auto& [metric, value] : figures) {
      together[metric] += value;
      if (metric == "followers") {
        followers_[platform][location] = value;
      } else {
        sums[metric] += value;
      }
    }
  }
  if (platforms_.empty()) {
    for (const auto& [metric, value] : day.all) together[metric] = value;
  }
  for (const auto& [metric, value] : together) {
    ++days_[metric];
    if (metric != "followers") sums_[metric] += value;
  }
  return together;
}

Figures Totals::all() const {
  Figures result = sums_;
  for (const auto& [platform, locations] : followers_) {
    for (const auto& [location, value] : locations) result["followers"] += value;
  }
  return result;
}

std::size_t Totals::days_of(std::string_view metric) const {
  const auto found = days_.find(metric);
  return found == days_.end() ? 0 : found->second;
}

std::map<std::string, Figures> Totals::by_platform() const {
  std::map<std::string, Figures> result = platform_sums_;
  for (const auto& [platform, locations] : followers_) {
    for (const auto& [location, value] : locations) result[platform]["followers"] += value;
  }
  return result;
}

}  // namespace millrace::statistics
