#pragma once

#include <cstdint>

namespace millrace::test {

/// Lies under the memory of SQLite, so that a test can make it run out. At most one at a time. REQUIRES: no connection
/// is open when it begins and when it ends.
class FailingMemory {
 public:
  FailingMemory();
  ~FailingMemory();
  FailingMemory(const FailingMemory&) = delete;
  FailingMemory& operator=(const FailingMemory&) = delete;

  /// The `nth` allocation from now on fails; with `for_ever` all after it, too.
  void fail(std::int64_t nth, bool for_ever = false);
  void heal();
  std::int64_t fired() const;  ///< how many allocations were made to fail
};

}  // namespace millrace::test
