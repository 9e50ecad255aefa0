#include "workflow/schedule.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "base/text.hpp"
#include "workflow/between.hpp"

namespace millrace {
namespace {

constexpr std::string_view forms =
    "a schedule reads \"every monday at 09:00\", \"weekdays at 7:30\", \"every 15 minutes\" or \"on the 1st of the "
    "month at 08:00\"";

constexpr std::array<std::string_view, 7> day_names = {"sunday",   "monday", "tuesday", "wednesday",
                                                       "thursday", "friday", "saturday"};

const std::vector<std::string>& vocabulary() {
  static const std::vector<std::string> words = {
      "every",     "day",      "weekday", "weekdays", "weekend", "weekends", "sunday",   "monday", "tuesday",
      "wednesday", "thursday", "friday",  "saturday", "at",      "on",       "the",      "of",     "month",
      "minute",    "minutes",  "hour",    "hours",    "and",     "last",     "midnight", "noon"};
  return words;
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<int> weekday(std::string_view word) {
  if (word.ends_with("s") && word.size() > 4) word.remove_suffix(1);
  for (std::size_t day = 0; day < day_names.size(); ++day) {
    const bool shortened = word.size() == 3 && day_names[day].starts_with(word);
    if (word == day_names[day] || shortened) return static_cast<int>(day);
  }
  return std::nullopt;
}

struct Time {
  int hour, minute;
};

std::optional<Time> clock_time(std::string_view word) {
  if (word == "midnight") return Time{0, 0};
  if (word == "noon") return Time{12, 0};
  const std::size_t colon = word.find(':');
  if (colon == std::string_view::npos || word.size() - colon != 3 || colon > 2) return std::nullopt;
  const auto hour = number(word.substr(0, colon));
  const auto minute = number(word.substr(colon + 1));
  if (!hour || !minute || *hour > 23 || *minute > 59 || *hour < 0 || *minute < 0) return std::nullopt;
  return Time{*hour, *minute};
}

/// "9am", "9:30pm" and "9" as the clock has them.
std::string as_clock_time(std::string_view word) {
  int later = 0;
  const bool morning = word.ends_with("am");
  if (morning || word.ends_with("pm")) {
    later = morning ? 0 : 12;
    word.remove_suffix(2);
  }
  const std::size_t colon = std::min(word.find(':'), word.size());
  const auto hour = number(word.substr(0, colon));
  const auto minute = colon < word.size() ? number(word.substr(colon + 1)) : std::optional(0);
  if (!hour || !minute || *hour > 23 || *hour < 0 || *minute > 59 || *minute < 0) return {};
  const int shown = later > 0 && *hour < 12 ? *hour + 12 : morning && *hour == 12 ? 0 : *hour;
  std::string text = shown < 10 ? "0" : "";
  text += std::to_string(shown) + (*minute < 10 ? ":0" : ":") + std::to_string(*minute);
  return text;
}

/// "1st", "22nd", "15": a day of the month.
std::optional<int> day_of_month(std::string_view word) {
  for (const std::string_view ending : {"st", "nd", "rd", "th"}) {
    if (word.ends_with(ending)) {
      word.remove_suffix(2);
      break;
    }
  }
  const auto day = number(word);
  return day && *day >= 1 && *day <= 31 ? day : std::nullopt;
}

/// Reads a sentence word by word.
class Sentence {
 public:
  explicit Sentence(std::string_view text) : text_(text) {
    std::string spaced = lower(text);
    std::replace(spaced.begin(), spaced.end(), ',', ' ');
    for (const std::string& word : split(spaced, ' ')) {
      if (!word.empty()) words_.push_back(word);
    }
    made_.months.set();
    made_.days.set();
    made_.weekdays.set();
  }

  std::variant<Schedule, ScheduleError> read() {
    const bool good = take("every") ? every() : take("on") ? on() : days();
    if (error_) return std::move(*error_);
    if (!good || at_ < words_.size()) return unclear();
    return made_;
  }

 private:
  bool take(std::string_view word) {
    if (at_ >= words_.size() || words_[at_] != word) return false;
    ++at_;
    return true;
  }

  bool every() {
    if (take("minute")) return often(1, 60);
    if (take("hour")) return often(1, 24);
    const auto count = at_ < words_.size() ? number(words_[at_]) : std::nullopt;
    if (!count) return take("day") ? time() : days();
    ++at_;
    if (take("minutes") || take("minute")) return often(*count, 60);
    if (take("hours") || take("hour")) return often(*count, 24);
    return false;
  }

  bool often(int count, int whole) {
    const char* unit = whole == 60 ? "minutes" : "hours";
    if (count < 1 || count > whole || whole % count != 0) {
      const char* divisors =
          whole == 60 ? "1, 2, 3, 4, 5, 6, 10, 12, 15, 20 or 30 minutes" : "1, 2, 3, 4, 6, 8 or 12 hours";
      return fail("every " + std::to_string(count) + " " + unit + " does not come out even: choose " + divisors);
    }
    if (whole == 60) {
      made_.hours.set();
      for (int at = 0; at < 60; at += count) made_.minutes.set(static_cast<std::size_t>(at));
    } else {
      made_.minutes.set(0);
      for (int at = 0; at < 24; at += count) made_.hours.set(static_cast<std::size_t>(at));
    }
    return true;
  }

  bool days() {
    made_.weekdays.reset();
    do {
      if (take("weekday") || take("weekdays")) {
        for (std::size_t day = 1; day <= 5; ++day) made_.weekdays.set(day);
      } else if (take("weekend") || take("weekends")) {
        made_.weekdays.set(0).set(6);
      } else {
        const auto day = at_ < words_.size() ? weekday(words_[at_]) : std::nullopt;
        if (!day) return false;
        made_.weekdays.set(static_cast<std::size_t>(*day));
        ++at_;
      }
    } while (take("and") || (at_ < words_.size() && weekday(words_[at_])));
    return time();
  }

  bool on() {
    if (!take("the")) return days();
    made_.days.reset();
    do {
      if (take("last")) {
        take("day");
        made_.last_day = true;
        continue;
      }
      const auto day = at_ < words_.size() ? day_of_month(words_[at_]) : std::nullopt;
      if (!day) return false;
      made_.days.set(static_cast<std::size_t>(*day));
      ++at_;
    } while (take("and") || (at_ < words_.size() && day_of_month(words_[at_])));
    if (!take("of")) return false;
    const bool article = take("the") || take("every") || take("each");
    return article && take("month") && time();
  }

  bool time() {
    if (at_ >= words_.size()) return at(0, 0);
    if (!take("at") || at_ >= words_.size()) return false;
    const auto time = clock_time(words_[at_]);
    if (time) {
      ++at_;
      return at(time->hour, time->minute);
    }
    const std::string meant = as_clock_time(words_[at_]);
    return fail("\"" + words_[at_] + "\" is not a time such as 09:00", meant.empty() ? "" : with(at_, meant));
  }

  bool at(int hour, int minute) {
    made_.hours.set(static_cast<std::size_t>(hour));
    made_.minutes.set(static_cast<std::size_t>(minute));
    return true;
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
      const auto& known = vocabulary();
      const bool good = std::find(known.begin(), known.end(), words_[index]) != known.end() || weekday(words_[index]) ||
                        day_of_month(words_[index]) || clock_time(words_[index]) || number(words_[index]);
      const auto meant = good ? std::nullopt : nearest(words_[index], known);
      if (meant)
        return {"\"" + words_[index] + "\" is not a word of a schedule, did you mean \"" + *meant + "\"?",
                with(index, *meant)};
    }
    const auto fields = std::count(text_.begin(), text_.end(), ' ') == 4 && text_.find('*') != std::string_view::npos;
    if (fields || text_.starts_with('@')) return {"this is cron: write it as \"cron:\" instead of \"schedule:\"", ""};
    return {std::string(forms), ""};
  }

  std::string_view text_;
  std::vector<std::string> words_;
  std::size_t at_ = 0;
  Schedule made_;
  std::optional<ScheduleError> error_;
};

struct CronField {
  std::string_view name;
  int first, last;
};

constexpr std::array<CronField, 5> cron_fields = {
    {{"minute", 0, 59}, {"hour", 0, 23}, {"day of the month", 1, 31}, {"month", 1, 12}, {"day of the week", 0, 7}}};

std::optional<int> cron_value(std::string_view word, const CronField& field) {
  static constexpr std::string_view months = "jan feb mar apr may jun jul aug sep oct nov dec";
  static constexpr std::string_view days = "sun mon tue wed thu fri sat";
  if (const auto value = number(word)) return value;
  const std::string small = lower(word);
  const std::string_view names = field.last == 12 ? months : field.last == 7 ? days : std::string_view();
  const std::size_t at = small.size() == 3 ? names.find(small) : std::string_view::npos;
  if (at == std::string_view::npos || at % 4 != 0) return std::nullopt;
  return static_cast<int>(at / 4) + (field.last == 12 ? 1 : 0);
}

/// The values of one part of a field: `5`, `1-5`, `*`, `*/15`, `10-30/5`.
std::optional<std::string> add_part(std::string_view part, const CronField& field, std::vector<int>& values) {
  const std::string shown(part);
  const std::size_t slash = part.find('/');
  const auto step = slash == std::string_view::npos ? std::optional(1) : number(part.substr(slash + 1));
  if (!step || *step < 1 || *step > field.last) return "\"" + shown + "\" has no good step behind the /";
  const std::string_view range = part.substr(0, slash);
  int first = field.first;
  int last = field.last == 7 ? 6 : field.last;
  if (range != "*") {
    const std::size_t dash = range.find('-');
    const auto from = cron_value(range.substr(0, dash), field);
    const auto to = dash == std::string_view::npos ? from : cron_value(range.substr(dash + 1), field);
    const bool good = from && to && *from >= field.first && *to <= field.last && *from <= *to;
    if (!good) {
      return "\"" + shown + "\" is not a " + std::string(field.name) + ": it goes from " + std::to_string(field.first) +
             " to " + std::to_string(field.last);
    }
    first = *from;
    last = dash == std::string_view::npos && slash != std::string_view::npos ? last : *to;
  }
  for (int value = first; value <= last; value += *step) values.push_back(value);
  return std::nullopt;
}

std::string_view shortcut(std::string_view text) {
  if (text == "@hourly") return "0 * * * *";
  if (text == "@daily" || text == "@midnight") return "0 0 * * *";
  if (text == "@weekly") return "0 0 * * 0";
  if (text == "@monthly") return "0 0 1 * *";
  if (text == "@yearly" || text == "@annually") return "0 0 1 1 *";
  return {};
}

}  // namespace

std::variant<Schedule, ScheduleError> parse_schedule(std::string_view sentence) {
  return Sentence(trim(sentence)).read();
}

std::variant<Schedule, ScheduleError> parse_cron(std::string_view text) {
  text = trim(text);
  if (text.starts_with('@')) {
    const std::string_view fields = shortcut(lower(text));
    if (!fields.empty()) return parse_cron(fields);
    static const std::vector<std::string> known = {"@hourly", "@daily", "@weekly", "@monthly", "@yearly"};
    return ScheduleError{between('"', text, '"') + " is none of " + join(known, ", "),
                         nearest(text, known).value_or("")};
  }
  std::vector<std::string> words;
  for (std::string& word : split(text, ' ')) {
    if (!word.empty()) words.push_back(std::move(word));
  }
  if (words.size() != cron_fields.size()) {
    if (std::holds_alternative<Schedule>(parse_schedule(text)))
      return ScheduleError{"this is a sentence: write it as \"schedule:\" instead of \"cron:\"", ""};
    return ScheduleError{
        "cron has five fields (minute, hour, day of the month, month, day of the week), and here are " +
            std::to_string(words.size()),
        ""};
  }
  Schedule made;
  std::array<std::vector<int>, 5> values;
  for (std::size_t at = 0; at < words.size(); ++at) {
    for (const std::string& part : split(words[at], ',')) {
      if (at == 2 && lower(part) == "l") {
        made.last_day = true;
        continue;
      }
      if (auto problem = add_part(part, cron_fields[at], values[at])) return ScheduleError{std::move(*problem), ""};
    }
  }
  if (words[2] != "*" && words[4] != "*") {
    return ScheduleError{
        "day of the month and day of the week together mean \"either\" in cron, which is seldom meant: keep one and "
        "make the other *",
        ""};
  }
  for (const int value : values[0]) made.minutes.set(static_cast<std::size_t>(value));
  for (const int value : values[1]) made.hours.set(static_cast<std::size_t>(value));
  for (const int value : values[2]) made.days.set(static_cast<std::size_t>(value));
  for (const int value : values[3]) made.months.set(static_cast<std::size_t>(value));
  for (const int value : values[4]) made.weekdays.set(static_cast<std::size_t>(value % 7));
  return made;
}

}  // namespace millrace
