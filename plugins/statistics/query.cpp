#include <utility>

#include "comparison.hpp"
#include "history.hpp"
#include "period.hpp"
#include "scores.hpp"
#include "statistics.hpp"
#include "tag_usage.hpp"

namespace millrace::statistics {

using job::Call;
using job::Day;
using job::Json;
using job::object;
using job::text;

namespace {

/// The figures of some locations in a period, beside those of the period before.
class Query {
 public:
  Query(Call& call, const std::vector<std::string>& locations, const Platforms& platforms, Period period)
      : period_(period), totals_(platforms), previous_(platforms) {
    for (const std::string& location : locations) histories_.emplace_back(call, location);
  }

  Json perform() {
    each_day(period_.before(), [this](Day day) {
      bool known_anywhere = false;
      for (History& history : histories_) {
        const auto known = history.find(day);
        if (!known) continue;
        known_anywhere = true;
        previous_.add(history.location(), *known);
      }
      previous_days_with_data_ += known_anywhere ? 1 : 0;
    });
    each_day(period_, [this](Day day) { add(day); });
    return answer();
  }

 private:
  void add(Day day) {
    bool known_anywhere = false;
    const std::string date = job::date_text(day);
    for (History& history : histories_) {
      const auto known = history.find(day);
      if (!known) continue;
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
    const Comparison comparison(totals_, previous_);
    std::vector<std::string> locations;
    for (const History& history : histories_) locations.push_back(history.location());
    Json answer = object("from", text(job::date_text(period_.first)), "to", text(job::date_text(period_.last)), "days",
                         Json(period_.length()), "locations", list_of(locations), "rows", std::move(rows_), "by_day",
                         std::move(by_day_), "by_platform", rows_by_platform(totals_));
    Json compared = comparison.whole();
    // By "<": RapidJSON's "!=" of two iterators that may write is ambiguous in C++20.
    for (auto member = compared.MemberBegin(); member < compared.MemberEnd(); ++member)
      answer.AddMember(member->name, member->value, job::memory);
    job::add_members(answer, "platforms", comparison.platforms(), "days_with_data", whole(days_with_data_),
                     "previous_days_with_data", whole(previous_days_with_data_), "missing_days", std::move(missing_),
                     "warnings", list_of(comparison.gaps()));
    return answer;
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
  if (locations.empty()) locations = KeptDays::locations(call);
  const std::vector<std::string> platforms = texts_in(input, "platforms");
  const Period period = period_of(call, input);
  Json answer = Query(call, locations, {platforms.begin(), platforms.end()}, period).perform();
  job::add_members(answer, "tags", tag_usage_in(call, locations, texts_in(input, "tags"), period), "nps",
                   scores_in(call, locations, period));
  return answer;
}

}  // namespace millrace::statistics
