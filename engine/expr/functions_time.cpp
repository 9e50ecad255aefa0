#include <algorithm>
#include <cmath>

#include "expr/functions.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

constexpr std::int64_t second = 1'000'000'000;

struct Unit {
  std::string_view name;
  std::int64_t nanos;
};

// Longer names first, as "m" begins "ms".
constexpr Unit units[] = {{"ms", 1'000'000}, {"us", 1'000},        {"\u00b5s", 1'000}, {"\u03bcs", 1'000},
                          {"ns", 1},         {"h", 3600 * second}, {"m", 60 * second}, {"s", second}};

/// Reads the digits at the front of `text` as value / scale: "1.5" is 15 / 10. Digits behind the 18th are dropped.
bool read_decimal(std::string_view& text, std::int64_t& whole, std::int64_t& fraction, std::int64_t& scale) {
  std::size_t digits = 0;
  whole = fraction = 0;
  scale = 1;
  bool fits = true;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    fits = fits && !__builtin_mul_overflow(whole, std::int64_t{10}, &whole) &&
           !__builtin_add_overflow(whole, std::int64_t{text[digits] - '0'}, &whole);
    ++digits;
  }
  std::size_t at = digits;
  if (at < text.size() && text[at] == '.') {
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++digits) {
      if (scale > INT64_MAX / 100) continue;
      fraction = fraction * 10 + (text[at] - '0');
      scale *= 10;
    }
  }
  text.remove_prefix(at);
  return digits > 0 && fits;
}

/// CEL's durations: a sign, then numbers with units ("1h30m", "-1.5s"), or "0".
std::optional<Duration> read_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return Duration(0);
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;  // below zero, where there is room for one more
  while (!text.empty()) {
    std::int64_t whole = 0, fraction = 0, scale = 1, nanos = 0;
    if (!read_decimal(text, whole, fraction, scale)) return std::nullopt;
    const auto* unit = std::find_if(std::begin(units), std::end(units),
                                    [&](const Unit& known) { return text.starts_with(known.name); });
    if (unit == std::end(units)) return std::nullopt;
    text.remove_prefix(unit->name.size());
    const double share = static_cast<double>(fraction) / static_cast<double>(scale);
    const auto part = static_cast<std::int64_t>(std::llround(share * static_cast<double>(unit->nanos)));
    if (__builtin_mul_overflow(whole, unit->nanos, &nanos) || __builtin_sub_overflow(total, nanos, &total) ||
        __builtin_sub_overflow(total, part, &total)) {
      return std::nullopt;
    }
  }
  if (!negative && total == INT64_MIN) return std::nullopt;
  return Duration(negative ? total : -total);
}

Value to_duration(Call& call) {
  if (call.are(Kind::duration)) return call[0];
  if (!call.are(Kind::text)) return call.mismatch();
  if (const auto found = read_duration(call[0].text())) return *found;
  return call.fail(
      "\"" + call[0].text().substr(0, 40) +
      "\" is no duration, write such as \"90s\", \"15m\" or \"36h\" (days are 24h each, at most 292 years)");
}

Value to_timestamp(Call& call) {
  constexpr std::int64_t earliest = -62'135'596'800, latest = 253'402'300'799;
  if (call.are(Kind::timestamp)) return call[0];
  if (call.are(Kind::integer)) {
    const std::int64_t seconds = call[0].integer();
    if (seconds < earliest || seconds > latest) return call.fail("this time is outside the years 1 to 9999");
    return Timestamp{seconds, 0};
  }
  if (!call.are(Kind::text)) return call.mismatch();
  auto parsed = parse_timestamp(call[0].text());
  return parsed ? Value(*parsed) : call.fail(parsed.error().message);
}

std::optional<CivilTime> civil(Call& call) {
  if (!call.are(Kind::timestamp) || (call.size() == 2 && !call[1].is_text())) return call.mismatch(), std::nullopt;
  auto found = civil_time(call[0].timestamp(), call.size() == 2 ? std::string_view(call[1].text()) : "UTC");
  if (!found) return call.fail(found.error().message), std::nullopt;
  return *found;
}

template <class Part>
Value part_of_date(Call& call, Part part) {
  const auto time = civil(call);
  return time ? Value(static_cast<std::int64_t>(part(*time))) : Value();
}

Value full_year(Call& call) {
  return part_of_date(call, [](const CivilTime& time) { return time.year; });
}
Value month(Call& call) {
  return part_of_date(call, [](const CivilTime& time) { return time.month - 1; });
}
Value date(Call& call) {
  return part_of_date(call, [](const CivilTime& time) { return time.day; });
}
Value day_of_month(Call& call) {
  return part_of_date(call, [](const CivilTime& time) { return time.day - 1; });
}
Value day_of_week(Call& call) {
  return part_of_date(call, [](const CivilTime& time) { return time.weekday; });
}
Value day_of_year(Call& call) {
  return part_of_date(call, [](const CivilTime& time) { return time.day_of_year; });
}

/// A part of the time of day, or the total of a duration in that unit.
template <class Part>
Value part_of_time(Call& call, std::int64_t unit, Part part) {
  if (!call.are(Kind::duration)) return part_of_date(call, part);
  if (call.size() == 2) return call.mismatch();
  return static_cast<std::int64_t>(call[0].duration().count() / unit);
}

Value hours(Call& call) {
  return part_of_time(call, 3600 * second, [](const CivilTime& time) { return time.hour; });
}
Value minutes(Call& call) {
  return part_of_time(call, 60 * second, [](const CivilTime& time) { return time.minute; });
}
Value seconds(Call& call) {
  return part_of_time(call, second, [](const CivilTime& time) { return time.second; });
}

Value milliseconds(Call& call) {
  constexpr std::int64_t millisecond = 1'000'000;
  if (call.are(Kind::duration)) {
    if (call.size() == 2) return call.mismatch();
    return static_cast<std::int64_t>(call[0].duration().count() % second / millisecond);
  }
  return civil(call) ? Value(static_cast<std::int64_t>(call[0].timestamp().nanos / millisecond)) : Value();
}

/// `now` as the run has it, minus a number of hours.
Value before_now(Call& call, std::int64_t hours_each) {
  const Value* now = call.root("now");
  if (now && now->is_unknown()) return *now;
  if (!now || !now->is(Kind::timestamp)) return call.fail("there is no \"now\" here to count back from");
  std::int64_t nanos = 0;
  if (call.are(Kind::number)) {
    const double exact = call[0].number() * static_cast<double>(hours_each * 3600 * second);
    if (!(std::fabs(exact) < 0x1p63)) return call.fail("that is more than 292 years ago");
    nanos = static_cast<std::int64_t>(exact);
  } else if (call.are(Kind::integer)) {
    if (__builtin_mul_overflow(call[0].integer(), hours_each * 3600 * second, &nanos) || nanos == INT64_MIN) {
      return call.fail("that is more than 292 years ago");
    }
  } else {
    return call.mismatch();
  }
  auto found = add(now->timestamp(), Duration(-nanos));
  return found ? Value(*found) : call.fail(found.error().message);
}

Value days_ago(Call& call) { return before_now(call, 24); }
Value hours_ago(Call& call) { return before_now(call, 1); }

constexpr KindSet time = kind_set(Kind::timestamp);
constexpr KindSet span = kind_set(Kind::timestamp, Kind::duration);
constexpr KindSet count = kind_set(Kind::integer, Kind::number);

constexpr Function table[] = {
    {"duration", Style::alone, 1, 1, to_duration, kind_set(Kind::text, Kind::duration), Kind::duration,
     "duration(text)", "a duration from text such as \"90s\", \"1h30m\" or \"2160h\"", false},
    {"timestamp", Style::alone, 1, 1, to_timestamp, kind_set(Kind::text, Kind::timestamp, Kind::integer),
     Kind::timestamp, "timestamp(text)",
     "a time from text such as \"2026-01-31T09:00:00Z\", or from seconds since 1970", false},
    {"getFullYear", Style::member, 1, 2, full_year, time, Kind::integer, "time.getFullYear() or time.getFullYear(zone)",
     "the year, in UTC or a zone such as \"Europe/London\"", false},
    {"getMonth", Style::member, 1, 2, month, time, Kind::integer, "time.getMonth() or time.getMonth(zone)",
     "the month, 0 is January", false},
    {"getDate", Style::member, 1, 2, date, time, Kind::integer, "time.getDate() or time.getDate(zone)",
     "the day of the month, counted from 1", false},
    {"getDayOfMonth", Style::member, 1, 2, day_of_month, time, Kind::integer,
     "time.getDayOfMonth() or time.getDayOfMonth(zone)", "the day of the month, counted from 0", false},
    {"getDayOfWeek", Style::member, 1, 2, day_of_week, time, Kind::integer,
     "time.getDayOfWeek() or time.getDayOfWeek(zone)", "the day of the week, 0 is Sunday", false},
    {"getDayOfYear", Style::member, 1, 2, day_of_year, time, Kind::integer,
     "time.getDayOfYear() or time.getDayOfYear(zone)", "the day of the year, counted from 0", false},
    {"getHours", Style::member, 1, 2, hours, span, Kind::integer, "time.getHours() or time.getHours(zone)",
     "the hour of a time, or a duration in hours", false},
    {"getMinutes", Style::member, 1, 2, minutes, span, Kind::integer, "time.getMinutes() or time.getMinutes(zone)",
     "the minute of a time, or a duration in minutes", false},
    {"getSeconds", Style::member, 1, 2, seconds, span, Kind::integer, "time.getSeconds() or time.getSeconds(zone)",
     "the second of a time, or a duration in seconds", false},
    {"getMilliseconds", Style::member, 1, 2, milliseconds, span, Kind::integer,
     "time.getMilliseconds() or time.getMilliseconds(zone)", "the milliseconds of the second", false},
    {"days_ago", Style::alone, 1, 1, days_ago, count, Kind::timestamp, "days_ago(number)",
     "the time that many days of 24 hours before now", true, true, false},
    {"hours_ago", Style::alone, 1, 1, hours_ago, count, Kind::timestamp, "hours_ago(number)",
     "the time that many hours before now", true, true, false},
};

}  // namespace

std::span<const Function> time_functions() { return table; }

std::string duration_text(Duration duration) {
  const std::int64_t nanos = duration.count();
  const auto size = nanos < 0 ? 0 - static_cast<std::uint64_t>(nanos) : static_cast<std::uint64_t>(nanos);
  std::string text = (nanos < 0 ? "-" : "") + std::to_string(size / 1'000'000'000);
  if (std::uint64_t rest = size % 1'000'000'000; rest != 0) {
    std::string digits = std::to_string(rest + 1'000'000'000);
    digits[0] = '.';
    digits.erase(digits.find_last_not_of('0') + 1);
    text += digits;
  }
  return text + 's';
}

}  // namespace millrace
