#include "numbers.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace millrace::reports {

namespace {

constexpr int least_digits = 3;        // of a number between -1 and 1
constexpr int smallest_decimals = 12;  // behind them is the noise of calculation

/// One more in the last place: "9.99" becomes "10.00".
void count_up(std::string& digits) {
  for (std::size_t at = digits.size(); at-- > 0;) {
    if (digits[at] == '.') continue;
    if (digits[at] != '9') {
      ++digits[at];
      return;
    }
    digits[at] = '0';
  }
  digits.insert(digits.begin(), '1');
}

}  // namespace

std::string plain_number(std::string_view digits) {
  const std::size_t mark = digits.find_first_of("eE");
  if (mark == std::string_view::npos) return std::string(digits);
  const int exponent = std::atoi(std::string(digits.substr(mark + 1)).c_str());
  std::string_view mantissa = digits.substr(0, mark);
  const bool negative = mantissa.starts_with('-');
  if (negative) mantissa.remove_prefix(1);
  const std::size_t dot = std::min(mantissa.find('.'), mantissa.size());
  std::string whole(mantissa.substr(0, dot));
  std::string part(mantissa.substr(std::min(dot + 1, mantissa.size())));
  constexpr int longest = 400;  // behind the largest and the smallest double
  for (int i = 0; i < std::min(exponent, longest); ++i) {
    whole += part.empty() ? '0' : part.front();
    if (!part.empty()) part.erase(0, 1);
  }
  for (int i = 0; i > std::max(exponent, -longest); --i) {
    part.insert(part.begin(), whole.empty() ? '0' : whole.back());
    if (!whole.empty()) whole.pop_back();
  }
  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size()));
  part.erase(part.find_last_not_of('0') + 1);
  const bool zero = whole.empty() && part.empty();
  return (negative && !zero ? "-" : "") + (whole.empty() ? "0" : whole) + (part.empty() ? "" : "." + part);
}

std::string plain_number(double value) {
  char digits[64];
  std::snprintf(digits, sizeof digits, "%.15g", value);
  return plain_number(std::string_view(digits));
}

int decimals_of(std::string_view digits) {
  const std::size_t dot = digits.find('.');
  if (dot == std::string_view::npos) return 0;
  return static_cast<int>(digits.find_last_not_of('0') - dot);
}

std::string with_decimals(std::string_view digits, int decimals) {
  const std::size_t dot = std::min(digits.find('.'), digits.size());
  std::string part(digits.substr(std::min(dot + 1, digits.size())));
  const auto wanted = static_cast<std::size_t>(decimals);
  const bool up = part.size() > wanted && part[wanted] >= '5';
  part.resize(wanted, '0');
  std::string rounded = std::string(digits.substr(0, dot)) + (part.empty() ? "" : "." + part);
  if (up) count_up(rounded);
  return rounded;
}

std::string readable_number(std::string_view digits) {
  if (decimals_of(digits) <= most_decimals) return std::string(digits);
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  const auto zeros = static_cast<int>(digits.find_first_of("123456789") - digits.find('.')) - 1;
  std::string rounded = with_decimals(digits, std::clamp(zeros + least_digits, most_decimals, smallest_decimals));
  rounded.erase(rounded.find_last_not_of('0') + 1);
  if (rounded.back() == '.') rounded.pop_back();
  return (negative && rounded != "0" ? "-" : "") + rounded;
}

}  // namespace millrace::reports
