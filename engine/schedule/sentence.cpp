#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "schedule/interval.hpp"
#include "schedule/month_days.hpp"
#include "schedule/reading.hpp"
#include "schedule/spelling.hpp"

namespace millrace {
namespace {

/// Reads a sentence clause by clause: days, times, months and a beginning, each once, in any order.
class Sentence : private SentenceWords {
 public:
  explicit Sentence(std::string_view text) : SentenceWords(text), text_(text) {}

  std::variant<Schedule, ScheduleError> read() {
    while (good_ && more()) good_ = clause();
    if (!days_ && !times_ && !weeks_ && month_step_ == 0) good_ = false;
    if (good_) good_ = place_interval() && place_days() && place_months();
    if (error_) return std::move(*error_);
    if (!good_) return unclear_sentence(text_, words());
    finish();
    if (auto never = never_comes(made_)) return std::move(*never);
    return made_;
  }

 private:
  bool take_minutes() { return minutes_in(ahead(0)) && take(word()); }
  bool take_hours() { return hours_in(ahead(0)) && take(word()); }
  /// Each kind of clause stands once.
  bool once(bool& said) { return !std::exchange(said, true); }

  bool clause() {
    if (take("and")) return joined();
    if (take_any({"every", "each"})) return every();
    if (take("at")) return times(true);
    if (take("in")) return of_months();
    if (take("between")) return window();
    if (take("starting")) return beginning();
    if (take("from")) return as_clock_time(std::string(ahead(0))).empty() ? beginning() : window();
    if (take("hourly")) return often(1, 60);
    if (take("daily")) return every_day();
    if (take("weekly")) return weeks(1);
    if (take("fortnightly")) return weeks(2);
    if (take("monthly")) return months_apart(1);
    if (take("quarterly")) return months_apart(3);
    if (take_any({"yearly", "annually"})) return months_apart(12);
    if (is_window()) return window();
    if (time_in(word())) return times(false);
    if (bare_number()) return times_ || days_ || weeks_ ? no_time() : neither_day_nor_time();
    take("on");
    take("the");
    if (month_in(ahead(0))) return month_and_day();
    return counts() ? days_of_month() : weekdays();
  }

  /// Behind an "and" that no list has taken.
  bool joined() {
    while (take_any({"on", "the", "every", "each"})) {
    }
    if (days_ && (month_days_ ? names_weekdays(0) : counts()))
      return fail(
          "\"and\" does not join days of the week and days of the month: write \"first monday of the month\" or "
          "\"first "
          "monday and first friday\", or make two triggers, \"on the 1st\" and \"every monday\"");
    const bool other = !more() || ahead(0) == "at" || ahead(0) == "in" || ahead(0) == "from" || ahead(0) == "between" ||
                       time_in(ahead(0)) || month_in(ahead(0));
    return other &&
           fail("\"and\" joins days with days, months with months and times with times: leave it out elsewhere");
  }

  bool every() {
    if (take("other")) return units(2);
    if (month_in(ahead(0))) return month_and_day();
    if (take_minutes()) return often(1, 1);
    if (take_hours()) return often(1, 60);
    if (take("day")) return every_day();
    if (take("week")) return weeks(1);
    if (take("fortnight")) return weeks(2);
    if (take("month")) return months_apart(1);
    if (take("quarter")) return months_apart(3);
    if (take("year")) return months_apart(12);
    if (number_alone(0)) {
      const int count = *whole_number(word());
      skip(1);
      return units(count);
    }
    if (counts_weeks()) nth_weekday_ = std::string(ahead(0)) + " " + std::string(ahead(1));
    if (const auto nth = each_so_many()) return units(*nth);
    if (ahead(0) == "second" && (ahead(1).empty() || ahead(1) == "at")) return fail(std::string(fires_too_often));
    take("the");
    return counts() ? days_of_month() : weekdays();
  }

  /// "every second day", "every 3rd week", "every second friday": not the second one of the month, which is said with
  /// "of the month".
  std::optional<int> each_so_many() {
    const auto nth = ordinal_in(ahead(0));
    const std::string_view unit = ahead(1);
    const bool is_unit =
        unit == "day" || unit == "week" || unit == "month" || unit == "year" || unit == "hour" || unit == "minute";
    if (!nth || *nth < 2 || !((is_unit && ahead(2) != "of") || counts_weeks())) return std::nullopt;
    skip(1);
    return nth;
  }

  bool units(int count) {
    if (take_any({"second", "seconds"})) return fail(std::string(fires_too_often));
    if (take_minutes()) return often(count, 1);
    if (take_hours()) return often(count, 60);
    const bool good = count >= 1 && count <= 366;
    if (take_any({"days", "day"})) {
      made_.day_step = good ? count : 1;
      return (good || fail("every so many days goes from 1 to 366")) && every_day();
    }
    if (take_any({"weeks", "week"})) return (good || fail("every so many weeks goes from 1 to 366")) && weeks(count);
    if (count > 1 && ahead(0).starts_with("weekday"))
      return fail(
          "weekdays are not counted over weekends: write \"second weekday of the month\", or the days, such as "
          "\"monday, wednesday and friday\"");
    if (names_weekdays(0))
      return (good || fail("every so many weeks goes from 1 to 366")) && weeks(count) && weekdays();
    if (take_any({"years", "year"}))
      return count == 1 ? months_apart(12) : fail("a schedule cannot leave out years: write yearly");
    return take_any({"months", "month"}) && months_apart(count);
  }

  bool often(int count, int unit) {
    interval_ = Interval{count, unit, std::nullopt, std::nullopt};
    return once(times_);
  }

  bool place_interval() {
    if (past_hour_ && (!interval_ || interval_->unit != 60))
      return fail("a time such as :15 is that of hours: \"every hour at :15\", or \"at 9:15\"");
    if (!interval_)
      return !window_ || fail("say how often between these times: every 30 minutes between 9:00 and 17:00");
    interval_->window = window_;
    interval_->past_hour = past_hour_;
    const auto problem = interval_->place(made_);
    return !problem || fail(*problem);
  }

  bool every_day() {
    made_.days = all_days();
    each_day_ = true;
    return once(days_);
  }

  /// "weekly", "every 2 weeks", with or without the days behind it.
  bool weeks(int step) {
    made_.week_step = step;
    return once(weeks_);
  }

  bool months_apart(int step) {
    if (step < 1 || step > 12 || 12 % step != 0)
      return fail("every " + std::to_string(step) +
                  " months does not come out even: choose 1, 2, 3, 4, 6 or 12 months");
    month_step_ = step;
    return once(months_);
  }

  bool months() {
    bool any = false;
    while (more() && month_in(word())) {
      in_.set(static_cast<std::size_t>(*month_in(word())));
      skip(1);
      any = true;
      if (ahead(0) == "and" && month_in(ahead(1))) skip(1);
    }
    return any;
  }

  bool weekdays() {
    const std::bitset<7> found = take_weekdays();
    if (found.none()) return false;
    made_.weekdays = found;
    made_.days = all_days();
    return once(days_);
  }

  /// "1st and 15th", "last day", "2nd last day", "first monday and third tuesday", with "of the month" or without.
  bool days_of_month() {
    if (!counted_days()) return false;
    if (take("of") || (ahead(0) == "in" && ahead(1) == "the" && take("in"))) {
      const bool each = take_any({"every", "each"});
      const bool article = each || take("the");
      if (take_any({"month", "months"})) {
        of_each_month_ = each;
        return once(days_);
      }
      if (article && take("quarter")) return once(days_) && days_of_period(3);
      if (article && take("year")) return once(days_) && days_of_period(12);
      if (article || !of_months()) return false;
    } else if (month_in(ahead(0)) && !of_months()) {
      return false;
    }
    return once(days_);
  }

  /// "quarterly on the last day of the quarter", where it need not be said that it is quarterly.
  bool days_of_period(int months) { return month_step_ == months || months_apart(months); }

  /// "december 24th".
  bool month_and_day() { return of_months() && counts() && counted_days() && once(days_); }

  bool counted_days() {
    MonthDays days(*this, made_);
    month_days_ = days.read();
    return month_days_ || (!days.problem().empty() && fail(days.problem()));
  }

  /// The months of "every year on the 24th of december" are those that are named.
  bool of_months() { return (month_step_ > 0 ? in_.none() : once(months_)) && months(); }

  /// "9:00 and 17:00" behind "between", "9:00 to 17:00" behind "from" or by itself.
  bool window() {
    if (afternoon_meant()) return fail(between('"', ahead(2), '"') + " is not a time such as 17:00");
    const auto first = clock_time();
    if (!first || !take_any({"and", "to", "until"})) return false;
    const auto last = clock_time();
    if (!last) return false;
    if (ahead(0) == "the" && ahead(1) == "next" && ahead(2) == "day") {
      skip(3);
      if (*last >= *first) return fail("a part of the day is no longer than a day: leave out \"the next day\"");
    }
    return !std::exchange(window_, Interval::Window{*first, *last});
  }

  static bool half_of_day(std::string_view word) { return word == "noon" || word == "midnight"; }

  bool is_window() const { return time_in(ahead(0)) && (ahead(1) == "to" || ahead(1) == "until") && !ahead(2).empty(); }

  /// "from 9 to 5" is said of a clock with twelve hours: 5:00 would be in the night.
  bool afternoon_meant() const {
    const auto first = time_in(as_clock_time(std::string(ahead(0))));
    const auto last = whole_number(ahead(2)) ? time_in(as_clock_time(std::string(ahead(2)))) : std::nullopt;
    return first && last && *first <= 12 * 60 && *last <= *first;
  }

  std::optional<int> clock_time() {
    const auto time = time_in(ahead(0));
    if (time) skip(1);
    if (!time && more()) no_time();
    return time;
  }

  bool no_time() {
    if (word().find_first_of("0123456789") == std::string::npos) return false;
    const std::string meant = as_clock_time(word());
    const std::string whole = with_minutes();
    return fail("\"" + word() + "\" is not a time such as 09:00", !whole.empty()  ? with(whole, 2)
                                                                  : meant.empty() ? ""
                                                                                  : with(meant));
  }

  /// "7:30" where "7 30" is said.
  std::string with_minutes() const {
    const std::string meant = std::string(ahead(0)) + ":" + std::string(ahead(1));
    return whole_number(ahead(0)) && whole_number(ahead(1)) && time_in(meant) ? meant : "";
  }

  /// "12" where neither "on the 12th" nor "at 12:00" is said.
  bool neither_day_nor_time() {
    if (text_.find('*') != std::string_view::npos) return false;  // it is cron
    std::vector<std::string> meant;
    if (counts()) meant.push_back("\"on the " + ordinal(*ordinal_in(word())) + "\"");
    if (const std::string time = as_clock_time(word()); !time.empty()) meant.push_back("\"at " + time + "\"");
    const std::string whole = months_ ? "" : with_minutes();
    return fail("\"" + word() + "\" by itself is neither a day nor a time" +
                    (meant.empty() ? "" : ": write " + join(meant, " or ")),
                whole.empty() ? "" : with(whole, 2));
  }

  /// "every hour at :15".
  bool past_hour() {
    const auto minute = whole_number(std::string_view(word()).substr(1));
    if (!minute || *minute < 0 || *minute > 59 || word().size() != 3) return no_time();
    skip(1);
    if (past_hour_ || ahead(0).starts_with(':') || (ahead(0) == "and" && ahead(1).starts_with(':')))
      return fail("hours come at one minute: make a trigger for each minute, or write such as \"every 30 minutes\"");
    past_hour_ = *minute;
    return true;
  }

  bool times(bool said) {
    if (said && ahead(0).starts_with(':')) return past_hour();
    bool any = false;
    while (more() && time_in(word())) {
      const std::string one = word();
      made_.times.set(static_cast<std::size_t>(*time_in(one)));
      skip(1);
      any = true;
      const bool named = half_of_day(one) || half_of_day(ahead(0));
      if (named && time_in(ahead(0)))
        return fail("\"" + one + " " + word() + "\" are two times: write one of them, or \"" + one + " and " + word() +
                    "\"");
      if (ahead(0) == "and" && (time_in(ahead(1)) || number_alone(1))) skip(1);
    }
    if (any) return once(times_);
    return said && more() && no_time();
  }

  bool beginning() {
    const auto date = date_in(ahead(0));
    if (!date) return fail("a schedule begins from a date such as 2026-01-05");
    skip(1);
    made_.from = *date;
    return once(made_.not_before);
  }

  bool place_days() {
    if (weeks_ && each_day_)
      return fail("every day does not go with weeks: leave one of them out, or name the days, such as \"on mon-fri\"");
    if (weeks_ && (month_days_ || month_step_ > 0))
      return fail("days of the month do not go with weeks: leave one of them out");
    if (!nth_weekday_.empty() && in_.any())
      return fail("\"every " + nth_weekday_ + "\" of some months is one of each or every so many weeks: write \"" +
                  nth_weekday_ + " of march\" or \"every " + std::to_string(made_.week_step) + " weeks on " +
                  nth_weekday_.substr(nth_weekday_.find(' ') + 1) + " in march\"");
    const bool each = month_step_ > 0 && days_ && !month_days_;
    return !each || fail("this would be each such day of the month: say which one, such as \"on the first monday\"");
  }

  /// Every so many months are counted from the month of the beginning, those with a name are these.
  bool place_months() {
    if (of_each_month_ && (month_step_ > 1 || in_.any()))
      return fail("days of every month do not go with other months: leave one of them out");
    if (month_step_ == 0) return true;
    const std::chrono::year_month_day first(made_.from);
    const bool named = in_.any();
    if (named && month_step_ != 1 && month_step_ != 12)
      return fail("every so many months have no name: say from when, such as \"from 2026-02-15\"");
    if (!named) {
      auto months = every_so_many(month_step_, made_, month_days_);
      if (const auto* problem = std::get_if<std::string>(&months)) return fail(*problem);
      in_ = std::get<std::bitset<13>>(months);
    }
    const std::vector<int> all = members(in_, 1);
    const bool in_each = std::all_of(all.begin(), all.end(), [&](int month) {
      return (std::chrono::year(2025) / month / first.day()).ok();  // no leap year
    });
    return days_ || in_each ||
           fail("not all of these months have such a day: say the day, such as \"on the last day\"");
  }

  /// What is not said is as the beginning has it, which is Monday, 1 January unless said; a time is midnight.
  void finish() {
    if (!days_) {
      made_.days = all_days();
      if (weeks_) made_.weekdays = std::bitset<7>().set(std::chrono::weekday(made_.from).c_encoding());
      if (month_step_ > 0)
        made_.days = std::bitset<32>().set(static_cast<unsigned>(std::chrono::year_month_day(made_.from).day()));
    }
    if (months_) made_.months = in_;
    if (!times_) made_.times.set(0);
  }

  bool fail(std::string message, std::string suggestion = "") {
    error_ = ScheduleError{std::move(message), std::move(suggestion)};
    return false;
  }

  std::string_view text_;
  Schedule made_ = open_schedule();
  std::bitset<13> in_;
  bool days_ = false, weeks_ = false, months_ = false, times_ = false;  // said
  bool month_days_ = false;                                             // the days are counted within a month
  bool each_day_ = false, of_each_month_ = false;                       // "daily", "of every month"
  int month_step_ = 0;                                                  // of every so many months
  std::string nth_weekday_;                                             // "second friday", of weeks that are counted
  std::optional<Interval> interval_;
  std::optional<Interval::Window> window_;
  std::optional<int> past_hour_;  // of every so many hours
  bool good_ = true;
  std::optional<ScheduleError> error_;
};

}  // namespace

std::variant<Schedule, ScheduleError> parse_schedule(std::string_view sentence) {
  const std::string_view text = trim(sentence);
  if (auto shortcut = parse_shortcut(text)) return std::move(*shortcut);
  auto read = Sentence(text).read();
  auto* problem = std::get_if<ScheduleError>(&read);
  if (problem != nullptr && !problem->suggestion.empty()) {
    // One that has another mistake is corrected, too; one that is no schedule is none.
    const auto corrected = parse_schedule(problem->suggestion);
    if (const auto* next = std::get_if<ScheduleError>(&corrected)) problem->suggestion = next->suggestion;
  }
  return read;
}

}  // namespace millrace
