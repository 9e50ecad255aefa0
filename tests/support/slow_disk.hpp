#pragma once

#include "base/duration.hpp"

namespace millrace::test {

/// How long each flush of a store takes: MILLRACE_FLUSH_MS, else no longer than the disk needs.
Duration flush_time();

/// As long as it lives, flushes on this thread take their time by a simulated clock, which whoever has that sees to.
class FlushesInSimulatedTime {
 public:
  FlushesInSimulatedTime();
  ~FlushesInSimulatedTime();
  FlushesInSimulatedTime(const FlushesInSimulatedTime&) = delete;
  FlushesInSimulatedTime& operator=(const FlushesInSimulatedTime&) = delete;
};

/// From now on the file system that stores of this program use by default is one whose flushes take that long.
void lay_slow_disk();

}  // namespace millrace::test
