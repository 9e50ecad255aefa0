#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "answer.hpp"
#include "history.hpp"
#include "profiles.hpp"
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

constexpr std::size_t days_without_range = 7;

/// Whether more is told of each platform of which something is known: of this figure, where it is told by platform.
bool covers(const Snapshot& told, const Snapshot& known, std::string_view metric) {
  return std::all_of(known.platforms.begin(), known.platforms.end(), [&](const auto& platform) {
    const auto found = told.platforms.find(platform.first);
    return found != told.platforms.end() && (!figure(platform.second, metric) || figure(found->second, metric));
  });
}

/// By how much a figure of all platforms, `all`, differs because of what is told of some of them. What it has beyond
/// those of which it is known is of others, which have their part in it already: of one that is known and did not tell
/// it, and of such as are told for the first time. What these tell beyond that comes to it.
double moved_by(const Snapshot& told, const Snapshot& known, std::string_view metric, double all) {
  if (known.platforms.empty()) return 0;
  double of_others = all, moved = 0, come = 0;
  for (const auto& [platform, figures] : known.platforms) of_others -= figure(figures, metric).value_or(0);
  for (const auto& [platform, figures] : told.platforms) {
    const auto now = figure(figures, metric);
    const auto found = known.platforms.find(platform);
    if (!now) continue;
    if (found == known.platforms.end())
      come += *now;
    else if (const auto before = figure(found->second, metric))
      moved += *now - *before;
    else
      of_others -= *now;
  }
  return moved + std::max(0.0, come - std::max(0.0, of_others));
}

/// What is known of a day after more is told of it. A figure of all platforms together is of those that the answer is
/// about: where it leaves one out that is known, it is no figure of the day.
Snapshot merged(const Snapshot& known, const Snapshot& told) {
  Snapshot result = known;
  for (const std::string_view metric : metrics) {
    const auto all = figure(told.all, metric);
    if (all && covers(told, known, metric)) {
      result.all[std::string(metric)] = *all;
    } else if (const auto kept = figure(known.all, metric)) {
      result.all[std::string(metric)] = *kept + moved_by(told, known, metric, *kept);
    }
  }
  for (const auto& [platform, figures] : told.platforms) {
    for (const auto& [metric, value] : figures) result.platforms[platform][metric] = value;
  }
  return result;
}

/// What a collection of one location asks for and what it has to say about it.
class Collection {
 public:
  Collection(Call& call, std::string location, std::size_t days, std::vector<std::string> platforms)
      : call_(call),
        history_(call, std::move(location)),
        end_(job::day_of(call.now())),
        days_(days),
        platforms_(platforms.begin(), platforms.end()) {}

  Json perform() {
    const Json accounts = call_.action("social_accounts.list", object("location_id", text(history_.location())));
    if (job::is_unknown(accounts)) return object("$unknown", text("the statistics"));
    const std::vector<ProfileGroup> groups = profile_groups(accounts, platforms_, warnings_);
    if (groups.empty()) {
      warnings_.push_back("location " + history_.location() + " has no social account" +
                          (platforms_.empty() ? "" : " on these platforms") + ", so nothing was collected");
    } else {
      record(ask_all(groups));
    }
    return report();
  }

 private:
  Day first() const { return end_ - std::chrono::days(days_); }

  Answer ask_all(const std::vector<ProfileGroup>& groups) {
    std::optional<Answer> sum;
    std::set<std::string> expected;
    for (const ProfileGroup& group : groups) {
      Answer answer = ask(group);
      if (sum) {
        add(*sum, expected, answer, group.platforms);
      } else {
        sum = std::move(answer);
      }
      expected.insert(group.platforms.begin(), group.platforms.end());
    }
    return std::move(*sum);
  }

  Answer ask(const ProfileGroup& group) {
    Json wanted = object("location_id", text(history_.location()), "profile_ids", list_of(group.ids));
    if (!platforms_.empty()) {
      job::add_members(wanted, "platforms", list_of({platforms_.begin(), platforms_.end()}));
    }
    if (!without_range_) {
      try {
        return ask_range(job::copy(wanted), group);
      } catch (const Failure& failure) {
        if (failure.code != "not_found") throw;
        without_range_ = true;
        shorten();
      }
    }
    return ask_last_week(wanted, group);
  }

  Answer ask_range(Json wanted, const ProfileGroup& group) {
    const std::string last = job::date_text(end_ - std::chrono::days(1));
    job::add_members(wanted, "current_range",
                     object("startDate", text(job::date_text(first()) + "T00:00:00.000Z"), "endDate",
                            text(last + "T23:59:59.999Z")));
    return read_answer(call_.action("social_statistics.get_range", wanted), days_, group.platforms, warnings_);
  }

  /// The older generation tells the last seven days, whatever is asked.
  Answer ask_last_week(const Json& wanted, const ProfileGroup& group) {
    const Json told = call_.action("social_statistics.get", wanted);
    check_day_names(told);
    Answer answer = read_answer(told, days_without_range, group.platforms, warnings_);
    const auto keep_last = [this](SeriesByMetric& metrics) {
      for (auto& [metric, series] : metrics) series.erase(series.begin(), series.end() - static_cast<long>(days_));
    };
    keep_last(answer.all);
    for (auto& [platform, metrics] : answer.platforms) keep_last(metrics);
    return answer;
  }

  void shorten() {
    if (days_ <= days_without_range) return;
    warnings_.push_back("this connection only tells the last 7 days, so " + std::to_string(days_) +
                        " could not be collected");
    days_ = days_without_range;
  }

  /// Without dates in the answer, its names of days are all that tells which days it means.
  void check_day_names(const Json& answer) const {
    const Json* results = job::find(answer, "results");
    const Json* names = results != nullptr ? job::find(*results, "dayRange") : nullptr;
    std::string said, expected;
    if (names != nullptr && names->IsArray()) {
      for (const Json& name : names->GetArray()) {
        std::string day = name.IsString() ? std::string(name.GetString()).substr(0, 3) : "?";
        std::transform(day.begin(), day.end(), day.begin(), [](unsigned char c) { return std::tolower(c); });
        if (!day.empty()) day[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(day[0])));
        said += (said.empty() ? "" : " ") + day;
      }
    }
    for (std::size_t back = days_without_range; back > 0; --back) {
      expected += (expected.empty() ? "" : " ") + std::string(job::weekday_text(end_ - std::chrono::days(back)));
    }
    if (said == expected) return;
    throw Failure{"invalid",
                  "it is not clear which days the answer of social_statistics.get is about: its dayRange is " +
                      (said.empty() ? "missing" : "\"" + said + "\"") +
                      ", and the seven days up to yesterday (UTC) are \"" + expected + "\""};
  }

  void record(const Answer& answer) {
    for (std::size_t number = 0; number < days_; ++number) {
      const Day day = first() + std::chrono::days(number);
      Snapshot told = told_of(answer, number);
      if (told.empty()) continue;
      ++told_days_;
      const std::optional<Snapshot> known = history_.find(day);
      if (known) note_left_out(told, *known);
      Snapshot after = merged(known.value_or(Snapshot()), told);
      if (known == after) continue;
      ++(known ? changed_days_ : new_days_);
      history_.put(day, std::move(after));
    }
    for (const auto& [platform, days] : left_out_) {
      warnings_.push_back("nothing is told of " + platform + " on " + job::counted(days, "day") +
                          " of which it is known: it stays, and the comments of these days, which are only told of "
                          "all platforms together, stay as they were");
    }
    history_.save();
  }

  void note_left_out(const Snapshot& told, const Snapshot& known) {
    if (!figure(told.all, "comments")) return;
    for (const auto& [platform, figures] : known.platforms) {
      if (told.platforms.count(platform) == 0) ++left_out_[platform];
    }
  }

  Snapshot told_of(const Answer& answer, std::size_t number) const {
    Snapshot snapshot;
    // Asked for some platforms only, the API's figures for "all" are figures for those.
    if (platforms_.empty()) {
      for (const auto& [metric, series] : answer.all) {
        if (series[number]) snapshot.all[metric] = *series[number];
      }
    }
    for (const auto& [platform, metrics] : answer.platforms) {
      for (const auto& [metric, series] : metrics) {
        if (series[number]) snapshot.platforms[platform][metric] = *series[number];
      }
    }
    return snapshot;
  }

  Json report() {
    Totals totals(platforms_);
    for (Day day = first(); day < end_; day += std::chrono::days(1)) {
      if (const auto known = history_.find(day)) totals.add(history_.location(), *known);
    }
    std::vector<std::string> platforms;
    for (const auto& [platform, figures] : totals.by_platform()) platforms.push_back(platform);
    return object("location_id", text(history_.location()), "from", text(job::date_text(first())), "to",
                  text(job::date_text(end_ - std::chrono::days(1))), "days", whole(told_days_), "new_days",
                  whole(new_days_), "changed_days", whole(changed_days_), "totals", named_figures(totals.all()),
                  "platforms", list_of(platforms), "warnings", list_of(warnings_));
  }

  Call& call_;
  History history_;
  const Day end_;  ///< today: its figures are not complete
  std::size_t days_;
  const Platforms platforms_;
  bool without_range_ = false;
  std::vector<std::string> warnings_;
  std::map<std::string, std::size_t> left_out_;  ///< by platform: on how many days that are told, and were with it
  std::size_t told_days_ = 0, new_days_ = 0, changed_days_ = 0;
};

}  // namespace

Json collect(Call& call, const Json& input) {
  if (holds_unknown(input)) return object("$unknown", text("the statistics"));
  const std::string location = job::text_of(input, "location_id");
  if (location.empty()) {
    throw Failure{"invalid", "it is not known of which location the statistics are wanted: give location_id"};
  }
  const Json* days = job::find(input, "days");
  const std::size_t count = days != nullptr && days->IsUint64() ? days->GetUint64() : 7;
  return Collection(call, location, count, texts_in(input, "platforms")).perform();
}

}  // namespace millrace::statistics
