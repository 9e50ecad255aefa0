#pragma once

#include <string>
#include <vector>

#include "schedule/calendar.hpp"
#include "value/time.hpp"

namespace millrace {

/// A slot as people want to see it before they trust a schedule.
struct PreviewSlot {
  Timestamp at;
  std::string local;  ///< "2026-03-29T02:00:00+01:00" in the schedule's zone
  CivilTime civil;    ///< the same in parts
  std::string note;   ///< what the clocks do on this day, or empty
};

/// The next `count` slots after `from`, and those of the days within a year on which the clocks change. Ascending.
std::vector<PreviewSlot> preview(const Calendar& calendar, Timestamp from, std::size_t count);

/// The schedule in words: "at 09:00 and 17:00 on weekdays".
std::string in_words(const Schedule& schedule);

}  // namespace millrace
