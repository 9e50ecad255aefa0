#include <algorithm>
#include <utility>

#include "comparison.hpp"
#include "coverage.hpp"
#include "history.hpp"
#include "period.hpp"
#include "scores.hpp"
#include "statistics.hpp"
#include "tag_usage.hpp"
#include "together.hpp"

namespace millrace::statistics {

using job::Call;
using job::Day;
using job::Json;
using job::object;
using job::text;

namespace {

/// In their order: a location that is named twice has not twice the figures.
std::vector<std::string> each_once(const std::vector<std::string>& texts) {
  std::vector<std::string> once;
  for (const std::string& text : texts) {
    if (std::find(once.begin(), once.end(), text) == once.end()) once.push_back(text);
  }
  return once;
}

/// The figures of some locations in a period, beside those of the period before.
class Query {
 public:
  Query(Call& call, const std::vector<std::string>& locations, const Platforms& platforms, Period period)
      : call_(call),
        some_platforms_(!platforms.empty()),
        period_(period),
        totals_(platforms),
        previous_(platforms),
        coverage_(period, locations),
        previous_coverage_(period.before(), locations) {
    for (const std::string& location : locations) histories_.emplace_back(call, location);
  }

  Json perform() {
    each_day(period_.before(), [this](Day day) {
      previous_coverage_.add(day, each_known(day, [this](const std::string& location, const Snapshot& known) {
                               return !previous_.add(location, known).empty();
                             }));
    });
    each_day(period_, [this](Day day) {
      coverage_.add(day, each_known(day, [&](const std::string& location, const Snapshot& known) {
                      return add(job::date_text(day), location, known);
                    }));
    });
    return answer();
  }

 private:
  /// Takes what is known of a day, and tells of which locations any of that is meant.
  template <class Take>
  std::vector<bool> each_known(Day day, Take take) {
    std::vector<bool> known;
    for (History& history : histories_) {
      const auto snapshot = history.find(day);
      known.push_back(snapshot && take(history.location(), *snapshot));
    }
    return known;
  }

  bool add(const std::string& date, const std::string& location, const Snapshot& known) {
    for (const auto& [platform, figures] : known.platforms) {
      if (!totals_.means(platform)) continue;
      Json row = object("date", text(date), "location_id", text(location), "platform", text(platform));
      add_metrics(row, figures);
      rows_.PushBack(row, job::memory);
    }
    const Figures of_day = totals_.add(location, known);
    if (of_day.empty()) return false;
    Json row = object("date", text(date), "location_id", text(location));
    add_metrics(row, of_day);
    by_day_.PushBack(row, job::memory);
    return true;
  }

  std::vector<std::string> warnings(const Comparison& comparison) {
    const std::string whose = some_platforms_ ? " on these platforms" : "";
    std::vector<std::string> warnings = coverage_.gaps(call_, "the period", whose);
    std::vector<std::string> previous;
    // Before the first collection nothing is known, which is no gap.
    if (previous_coverage_.days_with_data() > 0) previous = previous_coverage_.gaps(call_, "the period before", whose);
    for (const auto& sentences : {previous, comparison.gaps()}) {
      warnings.insert(warnings.end(), sentences.begin(), sentences.end());
    }
    return each_once(warnings);
  }

  Json answer() {
    const Comparison comparison(totals_, previous_);
    std::vector<std::string> locations;
    for (const History& history : histories_) locations.push_back(history.location());
    Json answer = object("from", text(job::date_text(period_.first)), "to", text(job::date_text(period_.last)), "days",
                         Json(period_.length()), "locations", list_of(locations), "rows", std::move(rows_), "by_day",
                         one_a_day(std::move(by_day_), histories_.size()), "by_platform", rows_by_platform(totals_));
    Json compared = comparison.whole();
    // By "<": RapidJSON's "!=" of two iterators that may write is ambiguous in C++20.
    for (auto member = compared.MemberBegin(); member < compared.MemberEnd(); ++member)
      answer.AddMember(member->name, member->value, job::memory);
    job::add_members(answer, "platforms", comparison.platforms(), "days_with_data", whole(coverage_.days_with_data()),
                     "previous_days_with_data", whole(previous_coverage_.days_with_data()), "missing_days",
                     list_of(coverage_.missing_days()), "warnings", list_of(warnings(comparison)));
    return answer;
  }

  Call& call_;
  const bool some_platforms_;
  const Period period_;
  std::vector<History> histories_;
  Totals totals_, previous_;
  Coverage coverage_, previous_coverage_;
  Json rows_{rapidjson::kArrayType}, by_day_{rapidjson::kArrayType};
};

}  // namespace

Json query(Call& call, const Json& input) {
  if (holds_unknown(input)) return object("$unknown", text("the statistics"));
  std::vector<std::string> locations = each_once(texts_in(input, "locations"));
  const std::string location = job::text_of(input, "location_id");
  if (locations.empty() && !location.empty()) locations.push_back(location);
  if (locations.empty()) locations = KeptDays::locations(call);
  const std::vector<std::string> platforms = texts_in(input, "platforms");
  const Period period = period_of(call, input);
  Json answer = Query(call, locations, {platforms.begin(), platforms.end()}, period).perform();
  job::add_members(answer, "tags", tag_usage_in(call, locations, texts_in(input, "tags"), period), "nps",
                   scores_in(call, locations, period));
  return answer;
}

}  // namespace millrace::statistics
