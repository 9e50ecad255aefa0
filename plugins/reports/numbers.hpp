#pragma once

#include <string>
#include <string_view>

namespace millrace::reports {

/// A JSON number as people write it: its digits without an exponent, 1e+05 as 100000.
std::string plain_number(std::string_view digits);
/// Those of a number that was calculated, without noise at their end.
std::string plain_number(double value);

/// How many decimals a number has; 0 for "3.0", which is how some count whole things.
int decimals_of(std::string_view digits);

/// The digits with exactly so many decimals, rounded half away from zero. REQUIRES: no sign.
std::string with_decimals(std::string_view digits, int decimals);

constexpr int most_decimals = 6;  ///< that people read, but for the first digits of a small number

/// The digits of a plain number that people read: six decimals at most, and of a small one those that show its first
/// three digits. What has no more than six stays as it is.
std::string readable_number(std::string_view digits);

}  // namespace millrace::reports
