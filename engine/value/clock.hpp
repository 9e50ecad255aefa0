#pragma once

#include "value/value.hpp"

namespace millrace {

/// What time it is, for everything a run can see. Steady time for timeouts is `Deadline`'s.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp now() const = 0;
  /// The time by which something lasts that began as a duration: as `now`, but nobody sets it. Where the clock is set
  /// while the program runs, the two are apart from then on.
  virtual Timestamp lasting() const { return now(); }
  /// What `lasting` says at this moment, where that is known from an earlier life of the program.
  virtual void last_on(Timestamp) {}
};

}  // namespace millrace
