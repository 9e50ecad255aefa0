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
  for (const std::string& part : split(plain_text(text), ' ')) {
    const std::string word = as_number(part);
    if (word == ",") comma = true;
    if (word.empty() || word == ",") continue;
    const bool half = (word == "am" || word == "pm") && !words.empty();
    const std::size_t dash = std::min(word.find('-'), word.size());
    const std::size_t unit = std::min(word.find_first_not_of("0123456789"), word.size());
    // The 15th and the last day are not the 15th last day, nor the first and 3 the first 3.
    if (std::exchange(comma, false) && !words.empty() && counts_days(words.back()) && counts_days(word))
      words.emplace_back("and");
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

bool SentenceWords::counts() const { return counts_days(ahead(0)); }

std::string SentenceWords::with(const std::string& word) const {
  std::vector<std::string> words = words_;
  words[at_] = word;
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
