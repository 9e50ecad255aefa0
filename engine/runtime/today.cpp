#include "runtime/today.hpp"

#include <cstdio>

#include "base/text.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

/// The rest of a day from the moment it was asked for: thousands of runs begin on the same one.
struct Day {
  std::string zone;
  Timestamp from, end;
  Value today;
};

Day day_of(Timestamp now, const std::string& zone) {
  const auto civil = civil_time(now, zone);
  if (!civil) return {zone, now, now, Value()};
  CivilTime midnight = *civil;
  midnight.hour = midnight.minute = midnight.second = 0;
  CivilTime next = midnight;
  ++next.day;  // which the calendar rolls over where it must
  const auto start = instant(midnight, zone), end = instant(next, zone);
  char date[32];
  std::snprintf(date, sizeof date, "%04d-%02d-%02d", static_cast<int>(civil->year), civil->month, civil->day);
  Value today = Value::object({{"date", date},
                               {"year", civil->year},
                               {"month", civil->month},
                               {"day", civil->day},
                               {"weekday", lower(weekday_name(civil->weekday))},
                               {"start", start ? Value(*start) : Value(now)}});
  return {zone, now, end ? *end : now, std::move(today)};
}

}  // namespace

Value today_of(Timestamp now, const std::string& zone) {
  static thread_local Day last;
  if (last.zone != zone || now < last.from || now >= last.end) last = day_of(now, zone);
  return last.today;
}

}  // namespace millrace
