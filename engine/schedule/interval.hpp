#pragma once

#include <optional>
#include <string>

#include "schedule/schedule.hpp"

namespace millrace {

/// Every so many minutes or hours: all day, or in a window of the day.
struct Interval {
  /// Minutes of the day; a window whose end is before its beginning goes through the night.
  struct Window {
    int first, last;
  };

  int count = 1;
  int unit = 1;  ///< minutes: 1 or 60
  std::optional<Window> window;
  std::optional<int> past_hour;  ///< minutes behind each full hour; else a window begins with its first time

  /// Sets the times, or says why it cannot be: all day it has to come out even, and a window has to have a time.
  std::optional<std::string> place(Schedule& schedule) const;
  /// The interval that a schedule's times are; nothing where they are none.
  static std::optional<Interval> of(const Schedule& schedule);
  /// "every 15 minutes from 09:00 to 17:00".
  std::string in_words() const;
};

}  // namespace millrace
