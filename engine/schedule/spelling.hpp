#pragma once

#include <bitset>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "schedule/schedule.hpp"

namespace millrace {

// The words of a schedule's sentence. Pure.

constexpr std::string_view fires_too_often = "a schedule fires once a minute at most: every minute";

/// The words of a sentence in small letters: "9:00-17:00" is three of them, "15min" is two, "9 a.m." is one, and "two"
/// is "2".
std::vector<std::string> words_in(std::string_view text);

/// Goes through the words of a sentence.
class SentenceWords {
 public:
  explicit SentenceWords(std::string_view text) : words_(words_in(text)) {}

  const std::vector<std::string>& words() const { return words_; }
  bool more() const { return at_ < words_.size(); }
  const std::string& word() const { return words_[at_]; }
  /// The word that comes so many words later; empty behind the end.
  std::string_view ahead(std::size_t by) const;
  void skip(std::size_t count) { at_ += count; }
  bool take(std::string_view word);
  bool take_any(std::initializer_list<std::string_view> words);
  /// Whether days of a month are counted there: "15", "1st", "third", "last".
  bool counts(std::size_t by = 0) const;
  /// "monday", "mon-fri", "weekdays".
  bool names_weekdays(std::size_t by) const;
  /// Takes "monday", "mon-fri", "monday to friday", "weekdays", joined by "and"; none where there are none.
  std::bitset<7> take_weekdays();
  /// "second friday", "third monday and tuesday", unless others of a month are counted beside them.
  bool counts_weeks() const;
  /// A number by itself, and no day such as "24 december" or "1 and 15 of the month".
  bool number_alone(std::size_t by) const;
  /// One that does not count anything, either: not "2 fridays".
  bool bare_number() const;
  /// The sentence with another word in this place, or in place of so many words.
  std::string with(const std::string& word, std::size_t count = 1) const;

 private:
  bool take_weekday_range(std::bitset<7>& found);

  std::vector<std::string> words_;
  std::size_t at_ = 0;
};

/// "minutes", "mins".
bool minutes_in(std::string_view word);
/// "hours", "hrs".
bool hours_in(std::string_view word);

/// Why a sentence cannot be read of which no part says more. A word is offered in place of another only where that
/// makes a schedule.
ScheduleError unclear_sentence(std::string_view text, const std::vector<std::string>& words);

}  // namespace millrace
