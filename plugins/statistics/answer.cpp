#include "answer.hpp"

#include <utility>

namespace millrace::statistics {

using job::counted;
using job::Json;

namespace {

/// Reads the series of one answer and notes what it cannot use.
class Reading {
 public:
  Reading(std::size_t days, std::vector<std::string>& warnings) : days_(days), warnings_(warnings) {}

  /// `list` may be nullptr. Nothing where there is no number a day.
  std::optional<Series> series(const std::string& whose, std::string_view metric, const Json* list) {
    const std::string what = whose + ": \"" + std::string(metric) + "\"";
    if (list == nullptr || !list->IsArray()) {
      warn(what + " is no list of a number a day, so what was known of it stays");
      return std::nullopt;
    }
    if (list->Size() != days_) {
      warn(what + " has " + counted(list->Size(), "number") + " for " + counted(days_, "day") +
           ", so what was known of it stays");
      return std::nullopt;
    }
    Series series;
    std::size_t missing = 0;
    for (const Json& value : list->GetArray()) {
      series.push_back(number_in(value));
      missing += series.back() ? 0u : 1u;
    }
    if (missing > 0) {
      warn(what + " is no number on " + std::to_string(missing) + " of " + counted(days_, "day") +
           ", so what was known of those days stays");
    }
    return series;
  }

  void warn(std::string text) { warnings_.push_back(std::move(text)); }

 private:
  std::size_t days_;
  std::vector<std::string>& warnings_;
};

const Json* find_at(const Json& object, std::string_view outer, std::string_view inner) {
  const Json* found = job::find(object, outer);
  return found != nullptr ? job::find(*found, inner) : nullptr;
}

void note_platforms(const Json* object, std::set<std::string>& names) {
  if (object == nullptr || !object->IsObject()) return;
  for (const auto& member : object->GetObject()) names.insert(member.name.GetString());
}

/// A figure of the answer: where the series of its platforms lie.
struct Source {
  std::string_view metric, group, name, within;
};
constexpr Source sources[] = {{"posts", "postPerformance", "posts", ""},
                              {"impressions", "platformTotals", "impressions", "series"},
                              {"likes", "platformTotals", "likes", "series"},
                              {"followers", "platformTotals", "followers", "series"}};

void add_series(SeriesByMetric& sum, const SeriesByMetric& other) {
  for (auto known = sum.begin(); known != sum.end();) {
    const auto more = other.find(known->first);
    if (more == other.end()) {
      known = sum.erase(known);
      continue;
    }
    for (std::size_t day = 0; day < known->second.size(); ++day) {
      auto& value = known->second[day];
      const auto& further = more->second[day];
      value = value && further ? std::optional(*value + *further) : std::nullopt;
    }
    ++known;
  }
}

}  // namespace

Answer read_answer(const Json& answer, std::size_t days, const std::set<std::string>& expected,
                   std::vector<std::string>& warnings) {
  const Json* results = job::find(answer, "results");
  if (results == nullptr || !results->IsObject()) {
    throw job::Failure{"invalid", "the answer of the statistics has no \"results\""};
  }
  Reading reading(days, warnings);
  Answer read;
  for (const std::string_view metric : {"impressions", "likes", "comments"}) {
    auto series = reading.series("all platforms", metric, find_at(*results, "postPerformance", metric));
    if (series) read.all.emplace(metric, std::move(*series));
  }
  std::set<std::string> told;
  for (const Source& source : sources) note_platforms(find_at(*results, source.group, source.name), told);
  for (const std::string& platform : told) {
    for (const Source& source : sources) {
      const Json* group = find_at(*results, source.group, source.name);
      const Json* list = group != nullptr ? job::find(*group, platform) : nullptr;
      if (list != nullptr && !source.within.empty()) list = job::find(*list, source.within);
      auto series = reading.series(platform, source.metric, list);
      if (series) read.platforms[platform].emplace(source.metric, std::move(*series));
    }
  }
  for (const std::string& platform : expected) {
    if (told.count(platform) == 0) {
      reading.warn("the answer has nothing about " + platform + ", so what was known of it stays");
    }
  }
  return read;
}

void add(Answer& sum, const std::set<std::string>& sum_expected, const Answer& other,
         const std::set<std::string>& other_expected) {
  add_series(sum.all, other.all);
  for (const auto& [platform, series] : other.platforms) {
    const auto known = sum.platforms.find(platform);
    if (known != sum.platforms.end()) {
      add_series(known->second, series);
    } else if (sum_expected.count(platform) == 0) {
      sum.platforms.emplace(platform, series);
    }
  }
  for (auto known = sum.platforms.begin(); known != sum.platforms.end();) {
    const bool lost =
        other.platforms.find(known->first) == other.platforms.end() && other_expected.count(known->first) > 0;
    known = lost ? sum.platforms.erase(known) : std::next(known);
  }
}

}  // namespace millrace::statistics
