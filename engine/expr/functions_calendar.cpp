#include <array>

#include "base/text.hpp"
#include "expr/functions.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

bool leap(std::int64_t year) noexcept { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int days_in(std::int64_t year, int month) noexcept {
  constexpr std::array<int, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return days[static_cast<std::size_t>(month - 1)] + (month == 2 && leap(year) ? 1 : 0);
}

/// A time as the clocks of a zone show it.
struct Shown {
  CivilTime civil;
  std::int64_t offset = 0;  // seconds east of UTC
  Timestamp time;
};

/// The year and the week of ISO 8601, whose first week holds the first Thursday.
std::pair<std::int64_t, int> week_of(const CivilTime& civil) {
  const auto weeks_in = [](std::int64_t year) {
    const auto last_day = [](std::int64_t of) { return (of + of / 4 - of / 100 + of / 400) % 7; };
    return last_day(year) == 4 || last_day(year - 1) == 3 ? 53 : 52;
  };
  const int weekday = civil.weekday == 0 ? 7 : civil.weekday;
  const int week = (civil.day_of_year + 1 - weekday + 10) / 7;
  if (week < 1) return {civil.year - 1, weeks_in(civil.year - 1)};
  if (week > weeks_in(civil.year)) return {civil.year + 1, 1};
  return {civil.year, week};
}

std::string padded(std::int64_t number, std::size_t width, char with = '0') {
  std::string digits = std::to_string(number);
  if (digits.size() < width) digits.insert(0, width - digits.size(), with);
  return digits;
}

std::string offset_text(std::int64_t offset) {
  const std::int64_t size = offset < 0 ? -offset : offset;
  return (offset < 0 ? "-" : "+") + padded(size / 3600, 2) + padded(size / 60 % 60, 2);
}

/// The number that a clause shows, and how wide it is written; nothing for clauses that are no number.
std::optional<std::pair<std::int64_t, std::size_t>> number_of(char clause, const Shown& at) {
  const CivilTime& civil = at.civil;
  using Found = std::pair<std::int64_t, std::size_t>;
  switch (clause) {
    case 'Y':
      return Found{civil.year, 4};
    case 'y':
      return Found{civil.year % 100, 2};
    case 'm':
      return Found{civil.month, 2};
    case 'd':
    case 'e':
      return Found{civil.day, 2};
    case 'H':
      return Found{civil.hour, 2};
    case 'I':
      return Found{civil.hour % 12 == 0 ? 12 : civil.hour % 12, 2};
    case 'M':
      return Found{civil.minute, 2};
    case 'S':
      return Found{civil.second, 2};
    case 'j':
      return Found{civil.day_of_year + 1, 3};
    case 'u':
      return Found{civil.weekday == 0 ? 7 : civil.weekday, 1};
    case 'w':
      return Found{civil.weekday, 1};
    case 'V':
      return Found{week_of(civil).second, 2};
    case 'G':
      return Found{week_of(civil).first, 4};
    case 's':
      return Found{at.time.seconds, 1};
    default:
      return std::nullopt;
  }
}

/// What one clause shows; nothing where there is no such clause.
std::optional<std::string> clause_text(char clause, bool bare, const Shown& at) {
  const CivilTime& civil = at.civil;
  const std::string_view weekday = weekday_name(civil.weekday);
  const std::string_view month = month_name(civil.month);
  if (const auto number = number_of(clause, at))
    return padded(number->first, bare ? 1 : number->second, clause == 'e' ? ' ' : '0');
  if (bare) return std::nullopt;
  switch (clause) {
    case 'A':
      return std::string(weekday);
    case 'a':
      return std::string(weekday.substr(0, 3));
    case 'B':
      return std::string(month);
    case 'b':
      return std::string(month.substr(0, 3));
    case 'p':
      return civil.hour < 12 ? "AM" : "PM";
    case 'z':
      return offset_text(at.offset);
    case 'F':
      return padded(civil.year, 4) + '-' + padded(civil.month, 2) + '-' + padded(civil.day, 2);
    case 'T':
      return padded(civil.hour, 2) + ':' + padded(civil.minute, 2) + ':' + padded(civil.second, 2);
    case 'R':
      return padded(civil.hour, 2) + ':' + padded(civil.minute, 2);
    case '%':
      return "%";
    default:
      return std::nullopt;
  }
}

/// The pattern with its clauses shown, or why it is none in `wrong`.
std::string filled(std::string_view pattern, const Shown& at, std::string& wrong) {
  std::string text;
  for (std::size_t here = 0; here < pattern.size(); ++here) {
    if (pattern[here] != '%') {
      text += pattern[here];
      continue;
    }
    const bool bare = pattern.substr(here + 1).starts_with('-');
    here += bare ? 2 : 1;
    const auto part = here < pattern.size() ? clause_text(pattern[here], bare, at) : std::nullopt;
    if (!part) {
      std::string_view clause = pattern.substr(here - (bare ? 2 : 1));
      clause = clause.substr(0, offset_of_character(clause, bare ? 3 : 2));
      wrong = "\"" + std::string(clause) +
              "\" is none of %Y %m %d %H %M %S %y %e %I %p %j %A %a %B %b %u %w %V %G %z %F %T %R %s %%, where %-d and "
              "the like leave out zeros";
      return "";
    }
    text += *part;
  }
  return text;
}

/// The zone that argument `at` names, or UTC; nothing, with the failure noted, where it is none.
std::optional<Shown> shown(const Call& call, std::size_t at) {
  const auto zone = zone_of(call, at);
  if (!zone) return std::nullopt;
  const Timestamp time = call[0].timestamp();
  const auto civil = civil_time(time, *zone);
  if (!civil) return call.fail(civil.error().message), std::nullopt;
  const auto as_utc = instant(*civil, "UTC");
  return Shown{*civil, as_utc ? as_utc->seconds - time.seconds : 0, time};
}

/// The instant that the clocks of the zone show so, with the fraction of a second of the receiver.
Value back(const Call& call, std::size_t zone_at, const CivilTime& civil, bool keep_fraction) {
  auto found = instant(civil, call.size() > zone_at ? std::string_view(call[zone_at].text()) : "UTC");
  if (!found) return call.fail(found.error().message);
  if (keep_fraction) found->nanos = call[0].timestamp().nanos;
  return *found;
}

/// The same day and time of day in another month; the last day of it where it has no such day.
Value add_months(Call& call) {
  const bool fits = call.are(Kind::timestamp, Kind::integer) && (call.size() < 3 || call[2].is_text());
  if (!fits) return call.mismatch();
  constexpr std::int64_t most = 12 * 10'000;
  const std::int64_t by = call[1].integer();
  if (by < -most || by > most) return call.fail("the time is outside the years 1 to 9999");
  auto at = shown(call, 2);
  if (!at || by == 0) return at ? call[0] : Value();
  CivilTime civil = at->civil;
  const std::int64_t month = civil.year * 12 + (civil.month - 1) + by;
  if (month < 12) return call.fail("the time is outside the years 1 to 9999");
  civil.year = month / 12;
  civil.month = static_cast<int>(month % 12) + 1;
  civil.day = std::min(civil.day, days_in(civil.year, civil.month));
  return back(call, 2, civil, true);
}

template <bool Last>
Value day_of_month(Call& call) {
  const bool fits = call.are(Kind::timestamp) && (call.size() < 2 || call[1].is_text());
  if (!fits) return call.mismatch();
  const auto at = shown(call, 1);
  if (!at) return {};
  const CivilTime day = {
      .year = at->civil.year, .month = at->civil.month, .day = Last ? days_in(at->civil.year, at->civil.month) : 1};
  return back(call, 1, day, false);
}

constexpr Function calendar_table[] = {
    {.name = "addMonths",
     .style = Style::member,
     .least = 2,
     .most = 3,
     .implementation = add_months,
     .takes = times,
     .gives = Kind::timestamp,
     .signature = "time.addMonths(count) or time.addMonths(count, zone)",
     .summary = "the same day and time in another month, or its last day; a count below zero goes back",
     .example = "timestamp('2026-01-31T09:00:00Z').addMonths(1)  =>  timestamp('2026-02-28T09:00:00Z')",
     .objection = wrong_zone<2>},
    {.name = "firstDayOfMonth",
     .style = Style::member,
     .least = 1,
     .most = 2,
     .implementation = day_of_month<false>,
     .takes = times,
     .gives = Kind::timestamp,
     .signature = "time.firstDayOfMonth() or time.firstDayOfMonth(zone)",
     .summary = "midnight at which the first day of its month begins",
     .example = "timestamp('2026-02-14T09:00:00Z').firstDayOfMonth()  =>  timestamp('2026-02-01T00:00:00Z')",
     .objection = wrong_zone<1>},
    {.name = "lastDayOfMonth",
     .style = Style::member,
     .least = 1,
     .most = 2,
     .implementation = day_of_month<true>,
     .takes = times,
     .gives = Kind::timestamp,
     .signature = "time.lastDayOfMonth() or time.lastDayOfMonth(zone)",
     .summary = "midnight at which the last day of its month begins",
     .example = "timestamp('2024-02-14T09:00:00Z').lastDayOfMonth()  =>  timestamp('2024-02-29T00:00:00Z')",
     .objection = wrong_zone<1>},
};

}  // namespace

Value format_time(Call& call) {
  if (!call[1].is_text() || call.size() > 3 || (call.size() == 3 && !call[2].is_text())) return call.mismatch();
  const std::string& pattern = call[1].text();
  if (!call.spend(pattern.size() / 8, pattern.size() * 10)) return {};  // no clause shows more than ten times itself
  const auto at = shown(call, 2);
  if (!at) return {};
  std::string wrong;
  std::string text = filled(pattern, *at, wrong);
  return wrong.empty() ? Value(std::move(text)) : call.fail(wrong);
}

std::string wrong_time_format(const Expression::Node& call) {
  std::string wrong;
  const Value* pattern = literal(call, 1, Kind::text);
  if (pattern) filled(pattern->text(), {}, wrong);
  return pattern && wrong.empty() ? wrong_zone<2>(call) : wrong;
}

std::string zone_objection(const Value* zone) {
  if (!zone) return "";
  const auto civil = civil_time({}, zone->text());
  if (civil) return "";
  const std::string meant = did_you_mean(zone->text(), zone_names());
  return meant.empty() ? civil.error().message : "unknown time zone \"" + zone->text() + '"' + meant;
}

std::optional<std::string_view> zone_of(const Call& call, std::size_t at) {
  constexpr std::size_t opening_a_file = 300;  // steps
  if (call.size() <= at) return "UTC";
  if (!literal(call.node(), at, Kind::text) && !call.spend(opening_a_file)) return std::nullopt;
  return call[at].text();
}

std::span<const Function> calendar_functions() { return calendar_table; }

}  // namespace millrace
