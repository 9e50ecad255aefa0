#include <cmath>
#include <optional>
#include <utility>

#include "history.hpp"
#include "statistics.hpp"
#include "totals.hpp"

namespace millrace::statistics {

using job::Call;
using job::Day;
using job::Failure;
using job::Json;
using job::object;
using job::text;

namespace {

using std::chrono::days;

constexpr int most_days = 3660;

/// Days from the first to the last, both in it.
struct Period {
  Day first, last;

  int length() const { return static_cast<int>((last - first).count()) + 1; }
  Period before() const { return {first - days(length()), first - days(1)}; }
};

std::optional<Day> day_in(const Json& input, std::string_view name) {
  const std::string said = job::text_of(input, name);
  if (said.empty()) return std::nullopt;
  const auto day = job::parse_day(said);
  if (!day) throw Failure{"invalid", std::string(name) + ": \"" + said + "\" is no day; write it as 2026-09-21"};
  return day;
}

Period period_of(Call& call, const Json& input) {
  const Json* count = job::find(input, "days");
  const auto from = day_in(input, "from");
  const auto to = day_in(input, "to");
  if (from && to && count != nullptr && count->IsInt()) {
    throw Failure{"invalid", "from and to say the period, so leave days out"};
  }
  const int length = count != nullptr && count->IsInt() ? count->GetInt() : 7;
  Period period;
  if (from && !to && count != nullptr && count->IsInt()) {
    period = {*from, *from + days(length - 1)};
  } else {
    period.last = to.value_or(job::day_of(call.now()) - days(1));
    period.first = from.value_or(period.last - days(length - 1));
  }
  if (period.first > period.last) {
    throw Failure{"invalid", "the period ends on " + job::date_text(period.last) + ", before it begins on " +
                                 job::date_text(period.first)};
  }
  if (period.length() > most_days) {
    throw Failure{"invalid", "a period of " + std::to_string(period.length()) + " days is too long; it may have " +
                                 std::to_string(most_days)};
  }
  return period;
}

double rounded(double value, double places) { return std::round(value * places) / places; }

/// A week of which three days are known is not less than a whole one: periods are compared where each has the same
/// number of days with the figure.
Json change_in_percent(std::optional<double> before, std::optional<double> now, bool alike) {
  if (!alike) return Json();
  if (!before || !now || *before == 0) return Json();
  return number(rounded((*now - *before) / *before * 100, 100));
}

/// Likes and comments per impression.
Json engagement_rate(const Figures& figures) {
  const auto impressions = figure(figures, "impressions");
  const auto likes = figure(figures, "likes");
  const auto comments = figure(figures, "comments");
  if (!impressions || *impressions == 0 || (!likes && !comments)) return Json();
  return number(rounded((likes.value_or(0) + comments.value_or(0)) / *impressions, 10'000));
}

Json named_figures(const Figures& figures) {
  Json result(rapidjson::kObjectType);
  add_metrics(result, figures);
  return result;
}

class Query {
 public:
  Query(Call& call, std::vector<std::string> locations, const Platforms& platforms, Period period)
      : period_(period), totals_(platforms), previous_(platforms) {
    for (std::string& location : locations) histories_.emplace_back(call, std::move(location));
  }

  Json perform() {
    const Period before = period_.before();
    for (Day day = before.first; day <= before.last; day += days(1)) {
      bool known_anywhere = false;
      for (History& history : histories_) {
        const Snapshot* known = history.find(day);
        if (known == nullptr) continue;
        known_anywhere = true;
        previous_.add(history.location(), *known);
      }
      previous_days_with_data_ += known_anywhere ? 1 : 0;
    }
    for (Day day = period_.first; day <= period_.last; day += days(1)) add(day);
    return answer();
  }

 private:
  void add(Day day) {
    bool known_anywhere = false;
    const std::string date = job::date_text(day);
    for (History& history : histories_) {
      const Snapshot* known = history.find(day);
      if (known == nullptr) continue;
      known_anywhere = true;
      for (const auto& [platform, figures] : known->platforms) {
        if (!totals_.means(platform)) continue;
        Json row = object("date", text(date), "location_id", text(history.location()), "platform", text(platform));
        add_metrics(row, figures);
        rows_.PushBack(row, job::memory);
      }
      Json row = object("date", text(date), "location_id", text(history.location()));
      add_metrics(row, totals_.add(history.location(), *known));
      by_day_.PushBack(row, job::memory);
    }
    if (known_anywhere) {
      ++days_with_data_;
    } else {
      missing_.PushBack(text(date), job::memory);
    }
  }

  Json answer() {
    const Figures now = totals_.all();
    const Figures before = previous_.all();
    Json change(rapidjson::kObjectType), by_platform(rapidjson::kArrayType);
    for (const std::string_view metric : metrics) {
      job::add_members(change, metric,
                       change_in_percent(figure(before, metric), figure(now, metric),
                                         totals_.days_of(metric) == previous_.days_of(metric)));
    }
    for (const auto& [platform, figures] : totals_.by_platform()) {
      Json one = object("platform", text(platform));
      add_metrics(one, figures);
      by_platform.PushBack(one, job::memory);
    }
    std::vector<std::string> locations;
    for (const History& history : histories_) locations.push_back(history.location());
    return object("from", text(job::date_text(period_.first)), "to", text(job::date_text(period_.last)), "days",
                  Json(period_.length()), "locations", list_of(locations), "rows", std::move(rows_), "by_day",
                  std::move(by_day_), "by_platform", std::move(by_platform), "totals", named_figures(now), "previous",
                  named_figures(before), "change", std::move(change), "engagement_rate", engagement_rate(now),
                  "days_with_data", whole(days_with_data_), "previous_days_with_data", whole(previous_days_with_data_),
                  "missing_days", std::move(missing_));
  }

  const Period period_;
  std::vector<History> histories_;
  Totals totals_, previous_;
  Json rows_{rapidjson::kArrayType}, by_day_{rapidjson::kArrayType}, missing_{rapidjson::kArrayType};
  std::size_t days_with_data_ = 0, previous_days_with_data_ = 0;
};

}  // namespace

Json query(Call& call, const Json& input) {
  if (holds_unknown(input)) return object("$unknown", text("the statistics"));
  std::vector<std::string> locations = texts_in(input, "locations");
  const std::string location = job::text_of(input, "location_id");
  if (locations.empty() && !location.empty()) locations.push_back(location);
  if (locations.empty()) locations = History::locations(call);
  const std::vector<std::string> platforms = texts_in(input, "platforms");
  return Query(call, std::move(locations), {platforms.begin(), platforms.end()}, period_of(call, input)).perform();
}

}  // namespace millrace::statistics
