#include "comparison.hpp"

#include <cmath>
#include <numeric>
#include <set>
#include <utility>

namespace millrace::statistics {

using job::Json;
using job::object;
using job::text;

namespace {

/// A rise has no sign, whatever sign the figure has.
Json percent(std::optional<double> before, std::optional<double> now) {
  if (!before || !now || *before == 0) return Json();
  return number(rounded((*now - *before) / std::abs(*before) * 100, 100));
}

Json rate(const std::optional<double>& value) { return value ? number(rounded(*value, 10'000)) : Json(); }

std::uint64_t sum_of(const Totals::Days& days) {
  return std::accumulate(days.begin(), days.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& of) { return sum + of.second; });
}

std::size_t at(const Totals::Days& days, const std::string& location) {
  const auto found = days.find(location);
  return found == days.end() ? 0 : found->second;
}

}  // namespace

Json rows_by_platform(const Totals& totals) {
  Json rows(rapidjson::kArrayType);
  for (const auto& [platform, figures] : totals.by_platform()) {
    Json row = object("platform", text(platform));
    add_metrics(row, figures);
    rows.PushBack(row, job::memory);
  }
  return rows;
}

template <class Alike>
Json Comparison::changes(const Figures& now, const Figures& before, Alike alike) const {
  Json changes(rapidjson::kObjectType);
  for (const std::string_view metric : metrics) {
    job::add_members(changes, metric, alike(metric) ? percent(figure(before, metric), figure(now, metric)) : Json());
  }
  return changes;
}

Json Comparison::growth(const std::string& platform) const {
  const Totals::Growth growth = now_.growth_since(before_, platform);
  return object("before", number_or_null(growth.before), "after", number_or_null(growth.after), "gained",
                growth.before ? number(*growth.after - *growth.before) : Json(), "percent",
                percent(growth.before, growth.after));
}

Json Comparison::whole() const {
  const Figures now = now_.all(), before = before_.all();
  const auto alike = [this](std::string_view metric) { return now_.alike(before_, metric); };
  return object("totals", named_figures(now), "previous", named_figures(before), "change", changes(now, before, alike),
                "engagement_rate", rate(now_.rates().engagement()), "previous_engagement_rate",
                rate(before_.rates().engagement()), "follower_growth", growth(""));
}

std::map<std::string, std::pair<Figures, Figures>> Comparison::both() const {
  std::map<std::string, std::pair<Figures, Figures>> both;
  for (auto& [platform, figures] : now_.by_platform()) both[platform].first = figures;
  for (auto& [platform, figures] : before_.by_platform()) both[platform].second = figures;
  return both;
}

Json Comparison::platforms() const {
  Json list(rapidjson::kArrayType);
  for (const auto& [platform, figures] : both()) {
    const auto& [now, before] = figures;
    const auto alike = [this, &name = platform](std::string_view metric) { return now_.alike(before_, name, metric); };
    list.PushBack(object("platform", text(platform), "days_with_data", Json(sum_of(now_.days_of(platform))),
                         "previous_days_with_data", Json(sum_of(before_.days_of(platform))), "totals",
                         named_figures(now), "previous", named_figures(before), "change", changes(now, before, alike),
                         "like_rate", rate(now_.rates().likes(platform)), "previous_like_rate",
                         rate(before_.rates().likes(platform)), "follower_growth", growth(platform)),
                  job::memory);
  }
  return list;
}

std::vector<std::string> Comparison::gaps() const {
  std::vector<std::string> sentences;
  for (const auto& [platform, figures] : both()) {
    const Totals::Days now = now_.days_of(platform), before = before_.days_of(platform);
    std::set<std::string> locations;
    for (const Totals::Days* days : {&now, &before}) {
      for (const auto& [location, count] : *days) locations.insert(location);
    }
    for (const std::string& location : locations) {
      const std::size_t of_now = at(now_.days(), location), of_before = at(before_.days(), location);
      if (at(now, location) == of_now && at(before, location) == of_before) continue;
      sentences.push_back(platform + (location.empty() ? "" : " of " + location) + " is known for " +
                          std::to_string(at(now, location)) + " of the " + std::to_string(of_now) +
                          " days that were collected, and for " + std::to_string(at(before, location)) + " of " +
                          std::to_string(of_before) + " in the period before: what is missing is not zero");
    }
  }
  for (const auto& [totals, prefix] : {std::pair(&now_, ""), std::pair(&before_, "previous_")}) {
    for (std::string& sentence : totals->rates().left_out(prefix)) sentences.push_back(std::move(sentence));
  }
  if (!now_.rates().alike(before_.rates())) {
    sentences.push_back(
        "engagement_rate and previous_engagement_rate cannot be compared: likes or comments count in one of them only");
  }
  return sentences;
}

}  // namespace millrace::statistics
