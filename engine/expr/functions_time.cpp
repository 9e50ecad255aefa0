#include <algorithm>
#include <cmath>

#include "expr/functions.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

constexpr std::int64_t second = 1'000'000'000;
__extension__ using Wide = __int128;

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
    const auto part = static_cast<std::int64_t>(Wide{fraction} * unit->nanos / scale);  // parts of a nanosecond are cut
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
  const std::string said = "\"" + call[0].text().substr(0, 40) + "\"";
  const auto in_days = parse_duration(call[0].text());
  if (in_days)
    return call.fail(said + " is no duration in an expression: write \"" + render_for_expression(*in_days) + "\"");
  return call.fail(said +
                   " is no duration, write such as \"90s\", \"15m\" or \"36h\" (days are 24h each, at most 292 years)");
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
  const auto zone = zone_of(call, 1);
  if (!zone) return std::nullopt;
  auto found = civil_time(call[0].timestamp(), *zone);
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

constexpr const char* longest_ago = "that is more than 292 years ago";

/// So many times some hours; nothing where that is more than a duration holds.
std::optional<Duration> many_hours(const Value& count, std::int64_t hours_each) {
  std::int64_t nanos = 0;
  if (count.is(Kind::number)) {
    const double exact = count.number() * static_cast<double>(hours_each * 3600 * second);
    if (!(std::fabs(exact) < 0x1p63)) return std::nullopt;
    nanos = static_cast<std::int64_t>(exact);
  } else if (__builtin_mul_overflow(count.integer(), hours_each * 3600 * second, &nanos) || nanos == INT64_MIN) {
    return std::nullopt;
  }
  return Duration(nanos);
}

template <std::int64_t HoursEach>
std::string too_long_ago(const Expression::Node& call) {
  for (const Kind kind : {Kind::integer, Kind::number}) {
    const Value* count = literal(call, 0, kind);
    if (count && !many_hours(*count, HoursEach)) return longest_ago;
  }
  return "";
}

/// `now` as the run has it, minus a number of hours.
Value before_now(Call& call, std::int64_t hours_each) {
  const Value* now = call.root("now");
  if (now && now->is_unknown()) return *now;
  if (!now || !now->is(Kind::timestamp)) return call.fail("there is no \"now\" here to count back from");
  if (!call.are(Kind::number) && !call.are(Kind::integer)) return call.mismatch();
  const auto back = many_hours(call[0], hours_each);
  if (!back) return call.fail(longest_ago);
  auto found = add(now->timestamp(), -*back);
  return found ? Value(*found) : call.fail(found.error().message);
}

Value days_ago(Call& call) { return before_now(call, 24); }
Value hours_ago(Call& call) { return before_now(call, 1); }

constexpr KindSet span = kind_set(Kind::timestamp, Kind::duration);
constexpr KindSet count = kind_set(Kind::integer, Kind::number);

constexpr Function time_table[] = {
    {"duration", Style::alone, 1, 1, to_duration, kind_set(Kind::text, Kind::duration), Kind::duration,
     "duration(text)", "a duration from text such as \"90s\", \"1h30m\" or \"2160h\"",
     "duration('1h30m')  =>  duration('90m')", false},
    {"timestamp", Style::alone, 1, 1, to_timestamp, kind_set(Kind::text, Kind::timestamp, Kind::integer),
     Kind::timestamp, "timestamp(text)",
     "a time from text such as \"2026-01-31T09:00:00Z\", or from seconds since 1970",
     "timestamp('2026-01-31T09:00:00+01:00')  =>  timestamp('2026-01-31T08:00:00Z')", false},
    {.name = "getFullYear",
     .style = Style::member,
     .least = 1,
     .most = 2,
     .implementation = full_year,
     .takes = times,
     .gives = Kind::integer,
     .signature = "time.getFullYear() or time.getFullYear(zone)",
     .summary = "the year, in UTC or a zone such as \"Europe/London\"",
     .example = "timestamp('2026-01-31T09:00:00Z').getFullYear()  =>  2026",
     .extension = false,
     .objection = wrong_zone<1>},
    {.name = "getMonth",
     .style = Style::member,
     .least = 1,
     .most = 2,
     .implementation = month,
     .takes = times,
     .gives = Kind::integer,
     .signature = "time.getMonth() or time.getMonth(zone)",
     .summary = "the month, 0 is January",
     .example = "timestamp('2026-01-31T09:00:00Z').getMonth()  =>  0",
     .extension = false,
     .objection = wrong_zone<1>},
    {.name = "getDate",
     .style = Style::member,
     .least = 1,
     .most = 2,
     .implementation = date,
     .takes = times,
     .gives = Kind::integer,
     .signature = "time.getDate() or time.getDate(zone)",
     .summary = "the day of the month, counted from 1",
     .example = "timestamp('2026-01-31T09:00:00Z').getDate()  =>  31",
     .extension = false,
     .objection = wrong_zone<1>},
    {.name = "getDayOfMonth",
     .style = Style::member,
     .least = 1,
     .most = 2,
     .implementation = day_of_month,
     .takes = times,
     .gives = Kind::integer,
     .signature = "time.getDayOfMonth() or time.getDayOfMonth(zone)",
     .summary = "the day of the month, counted from 0",
     .example = "timestamp('2026-01-31T09:00:00Z').getDayOfMonth()  =>  30",
     .extension = false,
     .objection = wrong_zone<1>},
    {.name = "getDayOfWeek",
     .style = Style::member,
     .least = 1,
     .most = 2,
     .implementation = day_of_week,
     .takes = times,
     .gives = Kind::integer,
     .signature = "time.getDayOfWeek() or time.getDayOfWeek(zone)",
     .summary = "the day of the week, 0 is Sunday",
     .example = "timestamp('2026-01-31T09:00:00Z').getDayOfWeek()  =>  6",
     .extension = false,
     .objection = wrong_zone<1>},
    {.name = "getDayOfYear",
     .style = Style::member,
     .least = 1,
     .most = 2,
     .implementation = day_of_year,
     .takes = times,
     .gives = Kind::integer,
     .signature = "time.getDayOfYear() or time.getDayOfYear(zone)",
     .summary = "the day of the year, counted from 0",
     .example = "timestamp('2026-01-31T09:00:00Z').getDayOfYear()  =>  30",
     .extension = false,
     .objection = wrong_zone<1>},
    {.name = "getHours",
     .style = Style::member,
     .least = 1,
     .most = 2,
     .implementation = hours,
     .takes = span,
     .gives = Kind::integer,
     .signature = "time.getHours() or time.getHours(zone)",
     .summary = "the hour of a time, or a duration in hours",
     .example = "timestamp('2026-01-31T09:00:00Z').getHours('Europe/Berlin')  =>  10",
     .extension = false,
     .objection = wrong_zone<1>},
    {.name = "getMinutes",
     .style = Style::member,
     .least = 1,
     .most = 2,
     .implementation = minutes,
     .takes = span,
     .gives = Kind::integer,
     .signature = "time.getMinutes() or time.getMinutes(zone)",
     .summary = "the minute of a time, or a duration in minutes",
     .example = "duration('2h').getMinutes()  =>  120",
     .extension = false,
     .objection = wrong_zone<1>},
    {.name = "getSeconds",
     .style = Style::member,
     .least = 1,
     .most = 2,
     .implementation = seconds,
     .takes = span,
     .gives = Kind::integer,
     .signature = "time.getSeconds() or time.getSeconds(zone)",
     .summary = "the second of a time, or a duration in seconds",
     .example = "duration('2m').getSeconds()  =>  120",
     .extension = false,
     .objection = wrong_zone<1>},
    {.name = "getMilliseconds",
     .style = Style::member,
     .least = 1,
     .most = 2,
     .implementation = milliseconds,
     .takes = span,
     .gives = Kind::integer,
     .signature = "time.getMilliseconds() or time.getMilliseconds(zone)",
     .summary = "the milliseconds of the second",
     .example = "duration('1.5s').getMilliseconds()  =>  500",
     .extension = false,
     .objection = wrong_zone<1>},
    {.name = "days_ago",
     .style = Style::alone,
     .least = 1,
     .most = 1,
     .implementation = days_ago,
     .takes = count,
     .gives = Kind::timestamp,
     .signature = "days_ago(number)",
     .summary = "the time that many days of 24 hours before now",
     .example = "days_ago(2)  =>  now - duration('48h')",
     .constant = false,
     .objection = too_long_ago<24>},
    {.name = "hours_ago",
     .style = Style::alone,
     .least = 1,
     .most = 1,
     .implementation = hours_ago,
     .takes = count,
     .gives = Kind::timestamp,
     .signature = "hours_ago(number)",
     .summary = "the time that many hours before now",
     .example = "hours_ago(1.5)  =>  now - duration('90m')",
     .constant = false,
     .objection = too_long_ago<1>},
};

}  // namespace

std::span<const Function> time_functions() { return time_table; }

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
