#include "schedule/spelling.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "schedule/reading.hpp"

namespace millrace {
namespace {

const std::vector<std::string>& vocabulary() {
  static const std::vector<std::string> words = {
      "every",   "each",     "day",     "days",      "week",     "weeks",     "year",     "weekday", "weekdays",
      "weekend", "weekends", "sunday",  "monday",    "tuesday",  "wednesday", "thursday", "friday",  "saturday",
      "at",      "on",       "in",      "the",       "of",       "month",     "months",   "minute",  "minutes",
      "hour",    "hours",    "and",     "to",        "from",     "starting",  "last",     "first",   "second",
      "third",   "fourth",   "fifth",   "other",     "midnight", "noon",      "hourly",   "daily",   "weekly",
      "monthly", "yearly",   "between", "until",     "january",  "february",  "march",    "april",   "may",
      "june",    "july",     "august",  "september", "october",  "november",  "december"};
  return words;
}

}  // namespace

bool minutes_in(std::string_view word) {
  return word == "minute" || word == "minutes" || word == "min" || word == "mins";
}

bool hours_in(std::string_view word) {
  return word == "hour" || word == "hours" || word == "hr" || word == "hrs" || word == "h";
}

/// Its words in small letters: "9:00-17:00" is three of them, "15min" and "9 am" are what they would be with and
/// without the blank.
std::vector<std::string> words_in(std::string_view text) {
  std::string spaced = lower(text);
  for (const std::string_view dash : {"\xe2\x80\x93", "\xe2\x80\x94"}) {  // en and em
    for (auto at = spaced.find(dash); at != std::string::npos; at = spaced.find(dash)) spaced.replace(at, 3, "-");
  }
  if (spaced.ends_with('.')) spaced.pop_back();
  std::replace_if(
      spaced.begin(), spaced.end(), [](char letter) { return letter == ',' || letter == '\t' || letter == '\n'; }, ' ');
  std::vector<std::string> words;
  for (std::string& word : split(spaced, ' ')) {
    const bool half = (word == "am" || word == "pm") && !words.empty();
    const std::size_t dash = std::min(word.find('-'), word.size());
    const std::size_t unit = std::min(word.find_first_not_of("0123456789"), word.size());
    if (half) {
      words.back() += word;
    } else if (dash < word.size() && time_in(word.substr(0, dash)) && time_in(word.substr(dash + 1))) {
      words.insert(words.end(), {word.substr(0, dash), "to", word.substr(dash + 1)});
    } else if (unit > 0 && (minutes_in(word.substr(unit)) || hours_in(word.substr(unit)))) {
      words.insert(words.end(), {word.substr(0, unit), word.substr(unit)});
    } else if (!word.empty()) {
      words.push_back(std::move(word));
    }
  }
  return words;
}

std::optional<std::string> schedule_word(const std::string& word) {
  const auto& known = vocabulary();
  const bool good = std::find(known.begin(), known.end(), word) != known.end() || minutes_in(word) || hours_in(word) ||
                    weekday_in(word) || month_in(word) || ordinal_in(word) || time_in(word) || whole_number(word);
  return good ? word : nearest(word, known);
}

}  // namespace millrace
