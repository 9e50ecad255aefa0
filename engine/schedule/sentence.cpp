#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "schedule/interval.hpp"
#include "schedule/reading.hpp"
#include "schedule/spelling.hpp"

namespace millrace {
namespace {

constexpr std::string_view forms =
    "a schedule reads \"every monday at 09:00\", \"weekdays at 7:30\", \"every 15 minutes\", \"every 2 weeks on friday "
    "at 17:00\", \"first monday of the month at 8:00\" or \"on the 1st and 15th at 6:00\"";

constexpr std::string_view too_often = "a schedule fires once a minute at most: every minute";

/// Reads a sentence clause by clause: days, times, months and a beginning, each once, in any order.
class Sentence {
 public:
  explicit Sentence(std::string_view text) : text_(text), words_(words_in(text)) {}

  std::variant<Schedule, ScheduleError> read() {
    while (good_ && at_ < words_.size()) good_ = clause();
    if (!days_ && !times_ && !weeks_ && !monthly_) good_ = false;
    if (good_) good_ = place_interval();
    if (error_) return std::move(*error_);
    if (!good_) return unclear();
    finish();
    if (auto never = never_comes(made_)) return std::move(*never);
    return made_;
  }

 private:
  bool more() const { return at_ < words_.size(); }
  const std::string& word() const { return words_[at_]; }
  std::string_view word_or_none() const { return more() ? std::string_view(word()) : std::string_view(); }
  bool take(std::string_view word) {
    if (!more() || words_[at_] != word) return false;
    ++at_;
    return true;
  }
  bool take_any(std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(), [this](std::string_view word) { return take(word); });
  }
  bool take_minutes() { return minutes_in(word_or_none()) && take(word()); }
  bool take_hours() { return hours_in(word_or_none()) && take(word()); }
  /// Each kind of clause stands once.
  bool once(bool& said) { return !std::exchange(said, true); }

  bool clause() {
    if (take_any({"every", "each"})) return every();
    if (take("at")) return times(true);
    if (take("in")) return of_months();
    if (take("between")) return window();
    if (take("starting")) return beginning();
    if (take("from")) return as_clock_time(std::string(word_or_none())).empty() ? beginning() : window();
    if (take("hourly")) return often(1, 60);
    if (take("daily")) return every_day();
    if (take("weekly")) return weeks(1);
    if (take("monthly")) return months_apart(1);
    if (take("quarterly")) return months_apart(3);
    if (take_any({"yearly", "annually"})) return months_apart(12);
    if (is_window()) return window();
    if (time_in(word())) return times(false);
    take("on");
    take("the");
    if (month_in(word_or_none())) return month_and_day();
    return counts() ? days_of_month() : weekdays();
  }

  bool every() {
    if (take("other")) return units(2);
    if (take_minutes()) return often(1, 1);
    if (take_hours()) return often(1, 60);
    if (take("day")) return every_day();
    if (take("week")) return weeks(1);
    if (take("month")) return months_apart(1);
    if (take("quarter")) return months_apart(3);
    if (take("year")) return months_apart(12);
    const auto count = more() ? whole_number(word()) : std::nullopt;
    if (count) {
      ++at_;
      return units(*count);
    }
    if (const auto nth = each_so_many()) return units(*nth);
    const bool seconds = more() && word() == "second" && (at_ + 1 == words_.size() || words_[at_ + 1] == "at");
    if (seconds) return fail(std::string(too_often));
    take("the");
    return counts() ? days_of_month() : weekdays();
  }

  /// "every second day", "every 3rd week": not the second day of the month, which is said with "of".
  std::optional<int> each_so_many() {
    const auto nth = more() ? ordinal_in(word()) : std::nullopt;
    if (!nth || *nth < 2 || at_ + 1 == words_.size()) return std::nullopt;
    const bool of_month = at_ + 2 < words_.size() && words_[at_ + 2] == "of";
    const std::string& unit = words_[at_ + 1];
    const bool is_unit = unit == "day" || unit == "week" || unit == "month" || unit == "hour" || unit == "minute";
    if (of_month || !is_unit) return std::nullopt;
    ++at_;
    return nth;
  }

  bool units(int count) {
    if (take_any({"second", "seconds"})) return fail(std::string(too_often));
    if (take_minutes()) return often(count, 1);
    if (take_hours()) return often(count, 60);
    const bool good = count >= 1 && count <= 366;
    if (take_any({"days", "day"})) {
      made_.day_step = good ? count : 1;
      return (good || fail("every so many days goes from 1 to 366")) && every_day();
    }
    if (take_any({"weeks", "week"})) return (good || fail("every so many weeks goes from 1 to 366")) && weeks(count);
    return take_any({"months", "month"}) && months_apart(count);
  }

  bool often(int count, int unit) {
    interval_ = Interval{count, unit, std::nullopt};
    return once(times_);
  }

  bool place_interval() {
    if (!interval_)
      return !window_ || fail("say how often between these times: every 30 minutes between 9:00 and 17:00");
    interval_->window = window_;
    const auto problem = interval_->place(made_);
    return !problem || fail(*problem);
  }

  bool every_day() {
    made_.days = all_days();
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
    for (int month = 1; month <= 12; month += step) in_.set(static_cast<std::size_t>(month));
    monthly_ = true;
    return once(months_);
  }

  bool months() {
    bool any = false;
    while (more() && month_in(word())) {
      in_.set(static_cast<std::size_t>(*month_in(words_[at_++])));
      any = true;
      take("and");
    }
    return any;
  }

  /// "monday", "mon-fri", "monday to friday", "weekdays", joined by "and".
  bool weekdays() {
    std::bitset<7> found;
    while (more()) {
      if (take_any({"weekday", "weekdays"})) {
        found |= std::bitset<7>("0111110");
      } else if (take_any({"weekend", "weekends"})) {
        found |= std::bitset<7>("1000001");
      } else if (!weekday_range(found)) {
        break;
      }
      take("and");
    }
    if (found.none()) return false;
    made_.weekdays = found;
    made_.days = all_days();
    return once(days_);
  }

  bool weekday_range(std::bitset<7>& found) {
    const std::size_t dash = word().find('-');
    const auto first = weekday_in(std::string_view(word()).substr(0, dash));
    if (!first) return false;
    auto last = first;
    if (dash != std::string::npos) {
      last = weekday_in(std::string_view(word()).substr(dash + 1));
    } else if (at_ + 2 < words_.size() && words_[at_ + 1] == "to") {
      last = weekday_in(words_[at_ + 2]);
      if (last) at_ += 2;
    }
    if (!last) return false;
    ++at_;
    for (int day = *first;; day = (day + 1) % 7) {
      found.set(static_cast<std::size_t>(day));
      if (day == *last) return true;
    }
  }

  /// "1st and 15th", "last day", "2nd last day", "first monday and third tuesday", with "of the month" or without.
  bool days_of_month() {
    do {
      if (!some_days()) return false;
      if (take("and")) take("the");
    } while (counts());
    if (take("of")) {
      const bool article = take_any({"the", "every", "each"});
      if (take_any({"month", "months"})) return once(days_);
      if (article || !of_months()) return false;
    } else if (month_in(word_or_none()) && !of_months()) {
      return false;
    }
    return once(days_);
  }

  /// "december 24th".
  bool month_and_day() { return of_months() && counts() && some_days() && once(days_); }

  bool counts() const { return more() && (ordinal_in(word()) || word() == "last"); }

  bool some_days() {
    std::vector<int> numbers;  // 0: the last
    std::vector<int> from_end;
    bool day_said = false;
    while (counts()) {
      const auto number = ordinal_in(word());
      ++at_;
      if (number && take("last")) {
        from_end.push_back(*number - 1);
      } else {
        numbers.push_back(number.value_or(0));
      }
      day_said = take_any({"day", "days"}) || day_said;
      if (take("and")) take("the");
    }
    return place_days(numbers, from_end, day_said);
  }

  /// The months of "every year on the 24th of december" are those that are named.
  bool of_months() {
    if (monthly_) in_.reset();
    return (monthly_ || once(months_)) && months();
  }

  bool place_days(const std::vector<int>& numbers, const std::vector<int>& from_end, bool day_said) {
    const bool working = more() && (word() == "weekday" || word() == "weekdays");
    const auto weekday = !day_said && more() ? weekday_in(word()) : std::nullopt;
    if (!from_end.empty() && (working || weekday)) return false;
    if (working || weekday) ++at_;
    for (const int number : numbers) {
      if (weekday && number > 5) return fail("a month has a first to a fifth " + words_[at_ - 1]);
      if (working && number > 23) return false;
      if (weekday) {
        made_.nth_weekdays[static_cast<std::size_t>(number)].set(static_cast<std::size_t>(*weekday));
      } else if (working) {
        made_.working_days.set(static_cast<std::size_t>(number));
      } else if (number == 0) {
        made_.days_from_end.set(0);
      } else {
        made_.days.set(static_cast<std::size_t>(number));
      }
    }
    for (const int back : from_end) made_.days_from_end.set(static_cast<std::size_t>(back));
    return true;
  }

  /// "9:00 and 17:00" behind "between", "9:00 to 17:00" behind "from" or by itself.
  bool window() {
    const auto first = clock_time();
    if (!first || !take_any({"and", "to", "until"})) return false;
    const auto last = clock_time();
    if (!last) return false;
    return !std::exchange(window_, Interval::Window{*first, *last});
  }

  bool is_window() const {
    return at_ + 2 < words_.size() && time_in(word()) && (words_[at_ + 1] == "to" || words_[at_ + 1] == "until");
  }

  std::optional<int> clock_time() {
    const auto time = time_in(word_or_none());
    if (time) ++at_;
    if (!time && more()) no_time();
    return time;
  }

  bool no_time() {
    const std::string meant = as_clock_time(word());
    return fail("\"" + word() + "\" is not a time such as 09:00", meant.empty() ? "" : with(at_, meant));
  }

  /// "every hour at :15".
  bool past_hour() {
    const auto minute = whole_number(std::string_view(word()).substr(1));
    if (!minute || *minute < 0 || *minute > 59 || word().size() != 3) return no_time();
    ++at_;
    interval_->past_hour = *minute;
    return true;
  }

  bool times(bool said) {
    if (said && more() && word().starts_with(':') && interval_ && interval_->unit == 60) return past_hour();
    bool any = false;
    while (more() && time_in(word())) {
      made_.times.set(static_cast<std::size_t>(*time_in(words_[at_++])));
      any = true;
      const bool joined = more() && word() == "and" && at_ + 1 < words_.size() && time_in(words_[at_ + 1]);
      if (joined) ++at_;
    }
    if (any) return once(times_);
    return said && more() && no_time();
  }

  bool beginning() {
    const auto date = date_in(word_or_none());
    if (!date) return fail("a schedule begins from a date such as 2026-01-05");
    ++at_;
    made_.from = *date;
    return once(made_.not_before);
  }

  /// What is not said: a week is its Monday, a month its first day, a year its first month, a time midnight.
  void finish() {
    if (!days_) {
      if (monthly_) made_.days.set(1);
      if (!monthly_) made_.days = all_days();
      if (weeks_) made_.weekdays = std::bitset<7>("0000010");
    }
    if (months_) made_.months = in_;
    if (!times_) made_.times.set(0);
  }

  bool fail(std::string message, std::string suggestion = "") {
    error_ = ScheduleError{std::move(message), std::move(suggestion)};
    return false;
  }

  std::string with(std::size_t index, const std::string& word) const {
    std::vector<std::string> words = words_;
    words[index] = word;
    return join(words, " ");
  }

  ScheduleError unclear() const {
    for (std::size_t index = 0; index < words_.size(); ++index) {
      const std::string& word = words_[index];
      if (word == "seconds") return {std::string(too_often), ""};
      const auto meant = schedule_word(word);
      if (meant && *meant != word)
        return {"\"" + word + "\" is not a word of a schedule, did you mean \"" + *meant + "\"?", with(index, *meant)};
    }
    const bool fields = words_.size() >= 5 && words_.size() <= 7 && text_.find('*') != std::string_view::npos;
    if (fields) return {"this is cron: write it as \"cron:\" instead of \"schedule:\"", ""};
    return {std::string(forms), ""};
  }

  std::string_view text_;
  std::vector<std::string> words_;
  std::size_t at_ = 0;
  Schedule made_ = open_schedule();
  std::bitset<13> in_;
  bool days_ = false, weeks_ = false, months_ = false, times_ = false;  // said
  bool monthly_ = false;
  std::optional<Interval> interval_;
  std::optional<Interval::Window> window_;
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
