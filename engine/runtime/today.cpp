#include "runtime/today.hpp"

#include <cstdio>

#include "value/time.hpp"

namespace millrace {

Value today_of(Timestamp now, const std::string& zone) {
  static constexpr const char* weekdays[] = {"sunday",   "monday", "tuesday", "wednesday",
                                             "thursday", "friday", "saturday"};
  const auto civil = civil_time(now, zone);
  if (!civil) return Value();
  CivilTime midnight = *civil;
  midnight.hour = midnight.minute = midnight.second = 0;
  const auto start = instant(midnight, zone);
  char date[32];
  std::snprintf(date, sizeof date, "%04d-%02d-%02d", static_cast<int>(civil->year), civil->month, civil->day);
  return Value::object({{"date", date},
                        {"year", civil->year},
                        {"month", civil->month},
                        {"day", civil->day},
                        {"weekday", weekdays[civil->weekday]},
                        {"start", start ? Value(*start) : Value(now)}});
}

}  // namespace millrace
