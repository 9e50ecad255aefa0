#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "random.hpp"
#include "simulated_disk.hpp"

namespace millrace::test {

/// The disk under the store. Each life of the engine has a view of its own: after a crash the next one begins with what
/// the disk held at that moment, and nobody sees what the dead one still writes.
class Disk {
 public:
  enum class Crash : unsigned char {
    killed,     ///< what was written stays
    power_cut,  ///< of what was not flushed, any part may be gone
  };
  Disk(std::uint64_t seed, const SimulatedDisk::Image& image, bool log_flushes);

  /// What the engine that runs now, or starts next, has under it.
  SimulatedDisk& now() noexcept { return *disks_.back(); }
  /// The next life begins with what is left.
  void crash(Crash how);
  /// The engine ends in the middle of what is being written: after so many writes and flushes. From then on the disk
  /// has no power, until `crash` says how it goes on.
  void crash_after(int changes, Crash how);
  Crash how_crashed() const noexcept { return how_; }
  /// While true, hardly anything can grow.
  void fill(bool full);
  /// What was to come and has not come by now does not come any more.
  void forget_faults();
  void fail_next_flush() { now().fail(SimulatedDisk::Operation::sync, 1); }
  /// How often faults met a write or a flush.
  std::int64_t refused_as_full() const;
  std::int64_t failed_flushes() const;

 private:
  void add(const SimulatedDisk::Image& image);

  Random random_;
  bool log_flushes_, full_ = false;
  Crash how_ = Crash::killed;
  std::vector<std::unique_ptr<SimulatedDisk>> disks_;  // the dead still have theirs
};

}  // namespace millrace::test
