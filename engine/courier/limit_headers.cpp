#include "courier/limit_headers.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>

#include "base/text.hpp"

namespace millrace {

namespace {

constexpr Duration longest_interval = std::chrono::seconds(30);
constexpr Duration longest_day = std::chrono::hours(26);  // the clocks may be set back in it

/// A whole number in a header; nothing where it is absent or something else.
std::optional<std::int64_t> number_in(const HttpHeaders& headers, const std::string& name) {
  const std::string* text = name.empty() ? nullptr : headers.find(name);
  if (!text) return std::nullopt;
  const std::string_view digits = trim(*text);
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (problem != std::errc() || end != digits.data() + digits.size() || number < 0) return std::nullopt;
  return number;
}

/// Milliseconds from 1 on.
std::optional<Duration> milliseconds_in(const HttpHeaders& headers, const std::string& name) {
  const auto milliseconds = number_in(headers, name);
  constexpr std::int64_t most = std::chrono::duration_cast<std::chrono::milliseconds>(longest_day).count() + 1;
  if (!milliseconds || *milliseconds == 0) return std::nullopt;
  return std::chrono::milliseconds(std::min(*milliseconds, most));
}

std::optional<Duration> interval_in(const ConnectionKind& kind, const HttpHeaders& headers) {
  const auto interval = milliseconds_in(headers, kind.limit_interval_ms);
  return interval ? std::optional(std::min(*interval, longest_interval)) : std::nullopt;
}

/// A moment in one of the three ways of HTTP (RFC 9110, 5.6.7), or with UTC called otherwise, as a wait from now.
std::optional<Duration> wait_until_date(const std::string& text) {
  for (const char* form : {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y",
                           "%a, %d %b %Y %H:%M:%S UTC", "%a, %d %b %Y %H:%M:%S %z"}) {
    std::tm date = {};
    const char* end = ::strptime(text.c_str(), form, &date);
    if (end == nullptr || *end != '\0') continue;
    const std::time_t east = date.tm_gmtoff;  // of UTC, in seconds
    return std::chrono::seconds(std::max<std::time_t>(0, ::timegm(&date) - east - std::time(nullptr)));
  }
  return std::nullopt;
}

/// A wait in seconds, some of which write parts of one; a day at most.
std::optional<Duration> wait_in_seconds(std::string_view text) {
  constexpr double most = 86400;
  double seconds = 0;
  text = trim(text);
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, seconds, std::chars_format::fixed);
  if (text.empty() || text.front() < '0' || text.front() > '9' || read.ptr != end) return std::nullopt;
  if (read.ec != std::errc()) seconds = most;
  return std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>(std::min(seconds, most)));
}

}  // namespace

ToldLimits told_limits(const ConnectionKind* kind, const IncomingResponse& response) {
  ToldLimits told;
  if (!kind) return told;
  const HttpHeaders& headers = response.headers;
  told.left = number_in(headers, kind->limit_remaining);
  told.most = number_in(headers, kind->limit_max);
  if (told.most == 0) told.most.reset();
  told.interval = interval_in(*kind, headers);
  told.day_left = number_in(headers, kind->limit_daily_remaining);
  told.day_most = number_in(headers, kind->limit_daily_max);
  told.day_renewed_in = milliseconds_in(headers, kind->limit_daily_reset_ms);
  // Longer than any day: it is a moment, or counted in something else.
  if (told.day_renewed_in && *told.day_renewed_in > longest_day) told.day_renewed_in.reset();
  return told;
}

std::optional<Duration> asked_to_wait(const ConnectionKind* kind, const IncomingResponse& response) {
  if (const std::string* after = response.headers.find("Retry-After")) {
    if (const auto wait = wait_in_seconds(*after)) return wait;
    if (const auto wait = wait_until_date(*after)) return wait;
  }
  if (!kind || number_in(response.headers, kind->limit_remaining).value_or(1) > 0) return std::nullopt;
  return interval_in(*kind, response.headers);
}

bool day_is_used_up(const ConnectionKind* kind, const IncomingResponse& response) {
  return kind && number_in(response.headers, kind->limit_daily_remaining).value_or(1) == 0;
}

}  // namespace millrace
