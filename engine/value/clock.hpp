#pragma once

#include "value/value.hpp"

namespace millrace {

/// What time it is, for everything a run can see. Steady time for timeouts is `Deadline`'s.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp now() const = 0;
};

}  // namespace millrace
