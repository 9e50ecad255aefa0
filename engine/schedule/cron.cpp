#include <algorithm>
#include <array>
#include <vector>

#include "base/text.hpp"
#include "schedule/reading.hpp"

namespace millrace {
namespace {

struct CronField {
  std::string_view name;
  int first, last;
};

constexpr std::array<CronField, 5> cron_fields = {
    {{"minute", 0, 59}, {"hour", 0, 23}, {"day of the month", 1, 31}, {"month", 1, 12}, {"day of the week", 0, 7}}};

std::optional<int> cron_value(std::string_view word, const CronField& field) {
  if (const auto value = whole_number(word)) return value;
  const std::string small = lower(word);
  if (field.last == 12) return month_in(small);
  return field.last == 7 ? weekday_in(small) : std::nullopt;
}

std::string out_of_range(std::string_view part, const CronField& field) {
  return "\"" + std::string(part) + "\" is not a " + std::string(field.name) + ": it goes from " +
         std::to_string(field.first) + " to " + std::to_string(field.last);
}

/// The values of one part of a field: `5`, `1-5`, `*`, `*/15`, `10-30/5`; `22-6` goes round.
std::optional<std::string> add_part(std::string_view part, const CronField& field, std::vector<int>& values) {
  const std::size_t slash = part.find('/');
  const auto step = slash == std::string_view::npos ? std::optional(1) : whole_number(part.substr(slash + 1));
  if (!step || *step < 1 || *step > field.last) return "\"" + std::string(part) + "\" has no good step behind the /";
  const std::string_view range = part.substr(0, slash);
  const int end = field.last == 7 ? 6 : field.last;
  int first = field.first;
  int last = end;
  if (range != "*") {
    const std::size_t dash = range.find('-');
    const auto from = cron_value(range.substr(0, dash), field);
    const auto to = dash == std::string_view::npos ? from : cron_value(range.substr(dash + 1), field);
    const auto known = [&](const std::optional<int>& value) {
      return value && *value >= field.first && *value <= field.last;
    };
    if (!known(from) || !known(to)) return out_of_range(part, field);
    first = *from;
    last = dash == std::string_view::npos && slash != std::string_view::npos ? end : *to;
  }
  const int whole = end - field.first + 1;
  if (last < first) last += whole;  // SAT-SUN, 22-6
  for (int value = first; value <= last; value += *step)
    values.push_back(value > field.last ? (value - field.first) % whole + field.first : value);
  return std::nullopt;
}

/// `L`, `L-1`, `LW`: days of the month that are counted from its end.
std::optional<std::string> add_last(std::string_view part, Schedule& made) {
  if (part == "l") {
    made.days_from_end.set(0);
  } else if (part == "lw" || part == "wl") {
    made.working_days.set(0);
  } else {
    const auto before = part.starts_with("l-") ? whole_number(part.substr(2)) : std::nullopt;
    if (!before || *before < 0 || *before > 30) return out_of_range(part, cron_fields[2]);
    made.days_from_end.set(static_cast<std::size_t>(*before));
  }
  return std::nullopt;
}

/// `MON#1`, `FRIL`, `5L`: weekdays that are counted in their month.
std::optional<std::string> add_nth(std::string_view part, Schedule& made) {
  const std::size_t sharp = part.find('#');
  const auto day = cron_value(part.substr(0, std::min(sharp, part.size() - 1)), cron_fields[4]);
  if (!day || *day < 0 || *day > 7) return out_of_range(part, cron_fields[4]);
  const auto nth = sharp == std::string_view::npos ? std::optional(0) : whole_number(part.substr(sharp + 1));
  if (!nth || *nth > 5 || (*nth < 1 && sharp != std::string_view::npos))
    return "\"" + std::string(part) + "\": a month has a first to a fifth such day, #1 to #5";
  made.nth_weekdays[static_cast<std::size_t>(*nth)].set(static_cast<std::size_t>(*day % 7));
  return std::nullopt;
}

std::optional<std::string> add_day_part(const std::string& part, Schedule& made, std::vector<int>& days) {
  const std::string small = lower(part);
  if (small.starts_with('l') || small == "wl") return add_last(small, made);
  if (small.ends_with('w'))
    return "\"" + part + "\": the weekday nearest to a day is not known here; LW is the last one of the month";
  return add_part(part, cron_fields[2], days);
}

std::optional<std::string> add_weekday_part(const std::string& part, Schedule& made, std::vector<int>& weekdays) {
  const std::string small = lower(part);
  const bool last = small.size() > 1 && small.ends_with('l') && cron_value(small, cron_fields[4]) == std::nullopt;
  if (last || small.find('#') != std::string::npos) return add_nth(small, made);
  return add_part(part, cron_fields[4], weekdays);
}

void set_times(Schedule& made, const std::vector<int>& minutes, const std::vector<int>& hours) {
  for (const int hour : hours) {
    for (const int minute : minutes) made.times.set(static_cast<std::size_t>(hour * 60 + minute));
  }
}

/// Of the weekdays: where some are counted in their month, the others are meant in every week of it.
void set_weekdays(Schedule& made, const std::vector<int>& weekdays, bool counted) {
  if (!counted) made.weekdays.reset();
  for (const int day : weekdays) {
    const auto weekday = static_cast<std::size_t>(day % 7);
    if (!counted) made.weekdays.set(weekday);
    for (std::size_t nth = 1; counted && nth <= 5; ++nth) made.nth_weekdays[nth].set(weekday);
  }
}

std::variant<Schedule, ScheduleError> parse_fields(const std::vector<std::string>& words) {
  Schedule made = open_schedule();
  std::array<std::vector<int>, 5> values;
  for (std::size_t at = 0; at < words.size(); ++at) {
    for (const std::string& part : split(words[at], ',')) {
      const auto problem = at == 2   ? add_day_part(part, made, values[at])
                           : at == 4 ? add_weekday_part(part, made, values[at])
                                     : add_part(part, cron_fields[at], values[at]);
      if (problem) return ScheduleError{*problem, ""};
    }
  }
  const auto any = [](const std::string& field) { return field == "*" || field == "?"; };
  if (!any(words[2]) && !any(words[4])) {
    return ScheduleError{
        "day of the month and day of the week together mean \"either\" in cron, which is seldom meant: keep one and "
        "make the other *",
        ""};
  }
  const bool counted =
      std::any_of(made.nth_weekdays.begin(), made.nth_weekdays.end(), [](const auto& nth) { return nth.any(); });
  set_times(made, values[0], values[1]);
  made.interval = words[0].starts_with('*') || words[1].starts_with('*');
  if (!counted) {
    for (const int value : values[2]) made.days.set(static_cast<std::size_t>(value));
  }
  made.months.reset();
  for (const int value : values[3]) made.months.set(static_cast<std::size_t>(value));
  set_weekdays(made, values[4], counted);
  if (auto never = never_comes(made)) return std::move(*never);
  return made;
}

}  // namespace

std::variant<Schedule, ScheduleError> parse_cron(std::string_view text) {
  text = trim(text);
  if (auto shortcut = parse_shortcut(text)) return std::move(*shortcut);
  std::string spaced(text);
  std::replace_if(
      spaced.begin(), spaced.end(), [](char letter) { return letter == '\t' || letter == '\n'; }, ' ');
  std::vector<std::string> words;
  for (std::string& word : split(spaced, ' ')) {
    if (!word.empty()) words.push_back(std::move(word));
  }
  if (words.size() == cron_fields.size()) {
    for (const std::size_t at : {std::size_t{2}, std::size_t{4}}) {
      if (words[at] == "?") words[at] = "*";
    }
    return parse_fields(words);
  }
  if (std::holds_alternative<Schedule>(parse_schedule(text)))
    return ScheduleError{"this is a sentence: write it as \"schedule:\" instead of \"cron:\"", ""};
  const char* more = words.size() == 6 || words.size() == 7 ? ": there are none for seconds and years" : "";
  return ScheduleError{"cron has five fields (minute, hour, day of the month, month, day of the week), and here are " +
                           std::to_string(words.size()) + more,
                       ""};
}

}  // namespace millrace
