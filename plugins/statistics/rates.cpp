#include "rates.hpp"

#include <algorithm>
#include <array>

namespace millrace::statistics {

namespace {

constexpr std::string_view impressions = "impressions", likes_metric = "likes";
constexpr std::array<std::string_view, 2> interactions = {likes_metric, "comments"};

bool any_platform_knows(const Snapshot& day, std::string_view metric) {
  return std::any_of(day.platforms.begin(), day.platforms.end(),
                     [&](const auto& platform) { return figure(platform.second, metric).has_value(); });
}

/// What all platforms have together: as it was told, or the sum where every one of them tells it.
std::optional<double> of_all(const Snapshot& day, std::string_view metric) {
  if (const auto told = figure(day.all, metric)) return told;
  std::optional<double> sum;
  for (const auto& [platform, figures] : day.platforms) {
    const auto value = figure(figures, metric);
    if (!value) return std::nullopt;
    sum = sum.value_or(0) + *value;
  }
  return sum;
}

std::string of_location(const std::string& location) { return location.empty() ? "" : " of " + location; }

}  // namespace

void Rates::add(const std::string& location, const Snapshot& day) {
  const auto of_day = of_all(day, impressions);
  const bool impressions_known = of_day || any_platform_knows(day, impressions);
  for (const std::string_view metric : interactions) {
    Ratio& ratio = together_[metric];
    const bool by_platform = any_platform_knows(day, metric);
    const auto times = of_all(day, metric);
    ratio.know(times || by_platform, impressions_known);
    if (!by_platform || (times && of_day)) {
      ratio.add("all platforms" + of_location(location), times, of_day);
      continue;
    }
    for (const auto& [platform, figures] : day.platforms) {
      ratio.add(platform + of_location(location), figure(figures, metric), figure(figures, impressions));
    }
  }
  for (const auto& [platform, figures] : day.platforms) {
    const auto times = figure(figures, likes_metric), seen = figure(figures, impressions);
    Ratio& ratio = likes_[platform];
    ratio.know(times.has_value(), seen.has_value());
    ratio.add(platform + of_location(location), times, seen);
  }
}

std::optional<double> Rates::engagement() const {
  std::optional<double> sum;
  for (const auto& [metric, ratio] : together_) {
    if (const auto value = ratio.value()) sum = sum.value_or(0) + *value;
  }
  return sum;
}

std::optional<double> Rates::likes(const std::string& platform) const {
  const auto found = likes_.find(platform);
  return found == likes_.end() ? std::nullopt : found->second.value();
}

bool Rates::alike(const Rates& other) const {
  if (!engagement() || !other.engagement()) return true;
  return std::all_of(interactions.begin(), interactions.end(), [&](std::string_view metric) {
    return together_.at(metric).value().has_value() == other.together_.at(metric).value().has_value();
  });
}

std::vector<std::string> Rates::left_out(const std::string& prefix) const {
  std::vector<std::string> sentences;
  for (const auto& [metric, ratio] : together_) ratio.tell(prefix + "engagement_rate", metric, sentences);
  for (const auto& [platform, ratio] : likes_) ratio.tell(prefix + "like_rate", likes_metric, sentences);
  return sentences;
}

void Rates::Ratio::add(const std::string& whose, std::optional<double> times, std::optional<double> seen) {
  if (times && seen) {
    times_ += *times;
    impressions_ += *seen;
  } else if (times) {
    ++without_impressions_[whose];
  } else if (seen) {
    ++without_times_[whose];
  }
}

void Rates::Ratio::know(bool times, bool seen) {
  times_known_ = times_known_ || times;
  impressions_known_ = impressions_known_ || seen;
}

std::optional<double> Rates::Ratio::value() const {
  return impressions_ == 0 ? std::nullopt : std::optional(times_ / impressions_);
}

void Rates::Ratio::tell(const std::string& rate, std::string_view metric, std::vector<std::string>& sentences) const {
  if (!times_known_ || !impressions_known_) return;  // nothing could count
  const auto tell_each = [&](const auto& days, std::string_view known, std::string_view missing) {
    for (const auto& [whose, count] : days) {
      sentences.push_back(rate + " leaves out the " + std::string(known) + " of " + whose + " on " +
                          job::counted(count, "day") + ": the " + std::string(missing) +
                          " that belong to them are not known");
    }
  };
  tell_each(without_impressions_, metric, impressions);
  tell_each(without_times_, impressions, metric);
}

}  // namespace millrace::statistics
