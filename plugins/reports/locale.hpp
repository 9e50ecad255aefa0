#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "../support/moment.hpp"

namespace millrace::reports {

/// The sentences and words that a report says by itself, in one language. {n}, {p} and {b} are filled in.
struct Words {
  std::string_view language;  ///< "de"
  std::string_view page, made, run, total, sources, no_rows, nothing_to_draw, period;
  std::string_view more, less, same, before, before_in_short;  ///< a figure against the period before
  std::string_view not_shown;                                  ///< how many bars were left out
  std::string_view months[12];
};

/// How the reader writes numbers, shares and dates.
struct Locale {
  std::string_view name;  ///< "de-DE"
  const Words& words;
  std::string_view point, group;    ///< "," and "." in German
  std::size_t least_grouped = 4;    ///< digits from which on they are grouped: Spanish leaves 1234 as it is
  std::string_view before_percent;  ///< what stands between the number and its sign
  std::string_view short_date;      ///< "%d.%m.%Y"
  std::string_view long_date;       ///< "%e. %B %Y"
  bool letter_paper = false;        ///< US letter instead of A4

  /// "1234567.5" as "1,234,567.5": what people read of it (`readable_number`), with zeros up to `least` decimals.
  std::string number(std::string_view digits, int least = 0) const;
  /// 12.345 as "+12.3 %": of a change, with its sign.
  std::string signed_percent(double percent) const;
  /// A share "0.0534" as "5.34 %".
  std::string share(std::string_view digits) const;
  std::string percent(double percent, int decimals) const;
  std::string date(job::Day day) const;
  std::string date_in_words(job::Day day) const;
  /// With exactly so many decimals, rounded half away from zero.
  std::string grouped(std::string_view digits, int decimals) const;
};

/// The locale of that name ("de-DE"), or of its language alone ("de"); nullptr for one that is not known.
const Locale* find_locale(std::string_view name);

/// `pattern` with `{letter}` replaced.
std::string filled(std::string_view pattern, std::initializer_list<std::pair<char, std::string_view>> values);

}  // namespace millrace::reports
