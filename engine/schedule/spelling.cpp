#include "schedule/spelling.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "schedule/reading.hpp"

namespace millrace {
namespace {

constexpr std::string_view forms =
    "a schedule reads \"every monday at 09:00\", \"weekdays at 7:30\", \"every 15 minutes\", \"every 2 weeks on friday "
    "at 17:00\", \"first monday of the month at 8:00\" or \"on the 1st and 15th at 6:00\"";

constexpr std::string_view twice_or_every_other_week =
    "\"biweekly\" is twice a week to some and every 2 weeks to others: write \"every 2 weeks on monday\" or "
    "\"monday and thursday\"";
constexpr std::string_view twice_or_every_other_month =
    "\"bimonthly\" is twice a month to some and every 2 months to others: write \"every 2 months\" or \"on the 1st and "
    "15th\"";

/// Words that a schedule has not, though it is clear what is to be said about them.
struct ExplainedWord {
  std::string_view word, why;
};
constexpr std::array<ExplainedWord, 6> explained = {{{"seconds", fires_too_often},
                                                     {"end", "the end of a month is \"on the last day of the month\""},
                                                     {"biweekly", twice_or_every_other_week},
                                                     {"bi-weekly", twice_or_every_other_week},
                                                     {"bimonthly", twice_or_every_other_month},
                                                     {"bi-monthly", twice_or_every_other_month}}};

const std::vector<std::string>& vocabulary() {
  static const std::vector<std::string> words = {
      "every",    "each",     "day",      "days",   "week",      "weeks",    "year",      "weekday",
      "weekdays", "weekend",  "weekends", "sunday", "monday",    "tuesday",  "wednesday", "thursday",
      "friday",   "saturday", "at",       "on",     "in",        "the",      "of",        "month",
      "months",   "minute",   "minutes",  "hour",   "hours",     "and",      "to",        "from",
      "starting", "last",     "first",    "second", "third",     "fourth",   "fifth",     "other",
      "next",     "midnight", "noon",     "hourly", "daily",     "weekly",   "monthly",   "quarterly",
      "yearly",   "quarter",  "between",  "until",  "january",   "february", "march",     "april",
      "may",      "june",     "july",     "august", "september", "october",  "november",  "december"};
  return words;
}

/// "2" for "two"; other words are what they are.
std::string as_number(std::string word) {
  static constexpr std::array<std::string_view, 12> numbers = {"one",   "two",   "three", "four", "five",   "six",
                                                               "seven", "eight", "nine",  "ten",  "eleven", "twelve"};
  const auto found = std::find(numbers.begin(), numbers.end(), word);
  return found == numbers.end() ? word : std::to_string(found - numbers.begin() + 1);
}

bool counts_days(std::string_view word) { return ordinal_in(word) || word == "last"; }

bool is_weekdays(std::string_view word) {
  return word.starts_with("weekday") || word.starts_with("weekend") || weekday_in(word.substr(0, word.find('-')));
}

/// Whether a comma between two words stands for "and": the 15th, the last day is not the 15th last day, the first, 3
/// not the first 3, the 1st, monday not the first Monday; and 9:00, noon are two times.
bool comma_joins(std::string_view before, std::string_view word) {
  return (counts_days(before) && (counts_days(word) || is_weekdays(word))) || (time_in(before) && time_in(word));
}

/// The parts of a text that are words or commas; "12 noon" is one time, "12 midnight" is, but not "december 12 noon".
std::vector<std::string> parts_of(const std::string& text) {
  std::vector<std::string> parts;
  for (const std::string& part : split(text, ' ')) {
    const std::string word = as_number(part);
    if (word.empty()) continue;
    const bool named = word == "noon" || word == "midnight";
    if (named && !parts.empty()) {
      const std::string_view behind = parts.size() > 1 ? std::string_view(parts[parts.size() - 2]) : "";
      const bool day = month_in(behind) || behind == "on" || behind == "the";
      const std::string& hour = parts.back();
      if ((hour == "12" && !day) || hour == "12:00" || time_in(hour) == time_in(word)) parts.pop_back();
    }
    parts.push_back(word);
  }
  return parts;
}

/// What a word is: itself where a schedule has it, else the nearest one; nothing where none is near.
std::optional<std::string> schedule_word(const std::string& word) {
  const auto& known = vocabulary();
  const bool good = std::find(known.begin(), known.end(), word) != known.end() || minutes_in(word) || hours_in(word) ||
                    weekday_in(word) || month_in(word) || ordinal_in(word) || time_in(word) || whole_number(word);
  return good ? word : nearest(word, known);
}

/// A sentence in small letters, with plain dashes, "am" for "a.m." and blanks around each comma.
std::string plain_text(std::string_view text) {
  std::string plain = lower(text);
  const auto replace_all = [&plain](std::string_view what, std::string_view with) {
    for (auto at = plain.find(what); at != std::string::npos; at = plain.find(what, at + with.size()))
      plain.replace(at, what.size(), with);
  };
  replace_all("\xe2\x80\x93", "-");  // en
  replace_all("\xe2\x80\x94", "-");  // em
  for (const std::string_view ending : {".", ""}) {
    replace_all("a.m" + std::string(ending), "am");
    replace_all("p.m" + std::string(ending), "pm");
  }
  replace_all(",", " , ");
  replace_all("\t", " ");
  replace_all("\n", " ");
  if (plain.ends_with('.')) plain.pop_back();
  return plain;
}

}  // namespace

bool minutes_in(std::string_view word) {
  return word == "minute" || word == "minutes" || word == "min" || word == "mins";
}

bool hours_in(std::string_view word) {
  return word == "hour" || word == "hours" || word == "hr" || word == "hrs" || word == "h";
}

std::vector<std::string> words_in(std::string_view text) {
  std::vector<std::string> words;
  bool comma = false;
  for (const std::string& word : parts_of(plain_text(text))) {
    if (word == ",") comma = true;
    if (word == ",") continue;
    const bool half = (word == "am" || word == "pm") && !words.empty();
    const std::size_t dash = std::min(word.find('-'), word.size());
    const std::size_t unit = std::min(word.find_first_not_of("0123456789"), word.size());
    if (std::exchange(comma, false) && !words.empty() && comma_joins(words.back(), word)) words.emplace_back("and");
    if (half) {
      words.back() += word;
    } else if (dash < word.size() && time_in(word.substr(0, dash)) && time_in(word.substr(dash + 1))) {
      words.insert(words.end(), {word.substr(0, dash), "to", word.substr(dash + 1)});
    } else if (unit > 0 && (minutes_in(word.substr(unit)) || hours_in(word.substr(unit)))) {
      words.insert(words.end(), {word.substr(0, unit), word.substr(unit)});
    } else {
      words.push_back(word);
    }
  }
  return words;
}

std::string_view SentenceWords::ahead(std::size_t by) const {
  return at_ + by < words_.size() ? std::string_view(words_[at_ + by]) : std::string_view();
}

bool SentenceWords::take(std::string_view word) {
  if (!more() || words_[at_] != word) return false;
  ++at_;
  return true;
}

bool SentenceWords::take_any(std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [this](std::string_view word) { return take(word); });
}

bool SentenceWords::counts(std::size_t by) const { return counts_days(ahead(by)); }

bool SentenceWords::names_weekdays(std::size_t by) const { return is_weekdays(ahead(by)); }

std::bitset<7> SentenceWords::take_weekdays() {
  std::bitset<7> found;
  while (more()) {
    if (take_any({"weekday", "weekdays"})) {
      found |= std::bitset<7>("0111110");
    } else if (take_any({"weekend", "weekends"})) {
      found |= std::bitset<7>("1000001");
    } else if (!take_weekday_range(found)) {
      break;
    }
    if (ahead(0) == "and" && names_weekdays(1)) skip(1);
  }
  return found;
}

bool SentenceWords::take_weekday_range(std::bitset<7>& found) {
  const std::size_t dash = word().find('-');
  const auto first = weekday_in(std::string_view(word()).substr(0, dash));
  if (!first) return false;
  auto last = first;
  if (dash != std::string::npos) {
    last = weekday_in(std::string_view(word()).substr(dash + 1));
  } else if (ahead(1) == "to" && !ahead(2).empty()) {
    last = weekday_in(ahead(2));
    if (last) skip(2);
  }
  if (!last) return false;
  skip(1);
  for (int day = *first;; day = (day + 1) % 7) {
    found.set(static_cast<std::size_t>(day));
    if (day == *last) return true;
  }
}

bool SentenceWords::counts_weeks() const {
  std::size_t by = 1;
  while (names_weekdays(by) || (by > 1 && ahead(by) == "and")) ++by;
  const auto nth = ordinal_in(ahead(0));
  const bool in_month = ahead(by) == "of" || (ahead(by) == "in" && ahead(by + 1) == "the") || counts(by);
  return nth && *nth > 1 && by > 1 && !in_month;
}

bool SentenceWords::number_alone(std::size_t by) const {
  if (!whole_number(ahead(by))) return false;
  while (whole_number(ahead(by)) || ahead(by) == "and") ++by;
  return ahead(by) != "of" && !month_in(ahead(by));
}

bool SentenceWords::bare_number() const {
  std::size_t by = 0;
  while (whole_number(ahead(by)) || (by > 0 && ahead(by) == "and")) ++by;
  return number_alone(0) && ahead(by) != "day" && ahead(by) != "days" && ahead(by) != "last" && !names_weekdays(by);
}

std::string SentenceWords::with(const std::string& word, std::size_t count) const {
  std::vector<std::string> words = words_;
  words[at_] = word;
  const auto behind = words.begin() + static_cast<std::ptrdiff_t>(at_) + 1;
  words.erase(behind, behind + static_cast<std::ptrdiff_t>(count) - 1);
  return join(words, " ");
}

ScheduleError unclear_sentence(std::string_view text, const std::vector<std::string>& words) {
  std::vector<std::string> corrected = words;
  std::string wrong;
  for (std::size_t at = 0; at < words.size(); ++at) {
    for (const auto& [word, why] : explained) {
      if (words[at] == word) return {std::string(why), ""};
    }
    const auto meant = schedule_word(words[at]);
    if (!meant || *meant == words[at]) continue;
    corrected[at] = *meant;
    if (wrong.empty()) wrong = "\"" + words[at] + "\" is not a word of a schedule, did you mean \"" + *meant + "\"?";
  }
  if (!wrong.empty()) {
    const std::string whole = join(corrected, " ");
    const auto read = parse_schedule(whole);
    const auto* problem = std::get_if<ScheduleError>(&read);
    if (problem == nullptr || !problem->suggestion.empty()) return {wrong, whole};
  }
  const bool fields = words.size() >= 5 && words.size() <= 7 && text.find('*') != std::string_view::npos;
  if (fields) return {"this is cron: write it as \"cron:\" instead of \"schedule:\"", ""};
  return {std::string(forms), ""};
}

}  // namespace millrace
