#include "base/rfc3339.hpp"

#include <chrono>

namespace millrace {
namespace {

constexpr const char* written_like = "it is written like 2026-11-23T09:00:00Z or 2026-11-23T09:00:00+01:00";

/// Two digits as a number; below zero where they are none.
int two_digits(const char* at) noexcept {
  const int tens = at[0] - '0', ones = at[1] - '0';
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones;
}

int four_digits(const char* at) noexcept {
  const int hundreds = two_digits(at), ones = two_digits(at + 2);
  return hundreds < 0 || ones < 0 ? -1 : hundreds * 100 + ones;
}

/// Everything up to the seconds, in seconds since 1970 as if it were UTC.
std::optional<std::int64_t> read_civil(std::string_view text, std::string& why) {
  const char* at = text.data();
  const bool marks = text.size() >= 20 && at[4] == '-' && at[7] == '-' && (at[10] == 'T' || at[10] == 't') &&
                     at[13] == ':' && at[16] == ':';
  if (!marks) return why = written_like, std::nullopt;
  const int year = four_digits(at), month = two_digits(at + 5), day = two_digits(at + 8);
  const int hour = two_digits(at + 11), minute = two_digits(at + 14), second = two_digits(at + 17);
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0) {
    why = written_like;
  } else if (year == 0) {
    why = "years are 1 to 9999";
  } else if (month < 1 || month > 12) {
    why = "there is no month " + std::to_string(month);
  } else if (!date.ok()) {
    why = "that month has no day " + std::to_string(day);
  } else if (hour > 23 || minute > 59 || second > 59) {
    why = "a day ends at 23:59:59";
  } else {
    const auto days = std::chrono::sys_days(date).time_since_epoch();
    return std::chrono::seconds(days).count() + hour * 3600 + minute * 60 + second;
  }
  return std::nullopt;
}

/// ".123456789" at the front of `rest`, which then begins after it; nothing where it is malformed.
std::optional<std::int32_t> read_decimals(std::string_view& rest) {
  if (!rest.starts_with('.')) return 0;
  rest.remove_prefix(1);
  std::int32_t nanos = 0;
  std::size_t count = 0;
  while (count < rest.size() && rest[count] >= '0' && rest[count] <= '9') {
    if (++count > 9) return std::nullopt;
    nanos = nanos * 10 + (rest[count - 1] - '0');
  }
  if (count == 0) return std::nullopt;
  rest.remove_prefix(count);
  for (std::size_t missing = count; missing < 9; ++missing) nanos *= 10;
  return nanos;
}

}  // namespace

std::optional<int> parse_utc_offset(std::string_view text) {
  const bool west = text.starts_with('-');
  if (west || text.starts_with('+')) text.remove_prefix(1);
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const int hours = two_digits(text.data());
  const int minutes = two_digits(text.data() + 3);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  const int seconds = hours * 3600 + minutes * 60;
  return west ? -seconds : seconds;
}

std::optional<WrittenTime> parse_rfc3339(std::string_view text, std::string& why) {
  const auto at = read_civil(text, why);
  if (!at) return std::nullopt;
  std::string_view rest = text.substr(19);
  const auto nanos = read_decimals(rest);
  if (!nanos) {
    why = "seconds have one to nine decimals";
    return std::nullopt;
  }
  if (rest == "Z" || rest == "z") return WrittenTime{*at, *nanos};
  const bool is_signed = rest.starts_with('+') || rest.starts_with('-');
  const auto east = is_signed ? parse_utc_offset(rest) : std::nullopt;
  if (!east) {
    why = "it must end with Z, or with an offset such as +01:00";
    return std::nullopt;
  }
  return WrittenTime{*at - *east, *nanos};
}

}  // namespace millrace
