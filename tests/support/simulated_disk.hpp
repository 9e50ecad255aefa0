#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace millrace::test {

/// A disk in memory, as a file system of SQLite under a name of its own. It knows what of each file is durable (written
/// and synced) and what was only written since; the power can fail at any moment, and operations can be made to fail.
///
/// What it promises is what SQLite expects of a POSIX file system on an honest disk: a write changes nothing outside of
/// its range; what is not synced lands in any part and order, in sectors of 512 bytes; that a file was made shorter is
/// durable after its next sync. Two simplifications: making and removing a file are durable at once. After a failed
/// sync what was to be synced stays in doubt for ever, as on Linux: a later sync succeeds without having written it.
///
/// Several connections of one process, any thread.
class SimulatedDisk {
 public:
  enum class Operation : std::uint8_t { open = 0, read = 1, write = 2, sync = 3, shorten = 4 };
  using Image = std::map<std::string, std::string>;  ///< files by name, with all they hold

  explicit SimulatedDisk(const Image& image = {});
  ~SimulatedDisk();  ///< REQUIRES: no file is open
  SimulatedDisk(const SimulatedDisk&) = delete;
  SimulatedDisk& operator=(const SimulatedDisk&) = delete;

  const std::string& name() const noexcept;  ///< for StoreOptions::vfs and sqlite3_open_v2
  Image image() const;                       ///< as programs see it

  /// After so many more changes (writes, syncs, shortenings and removals) the power fails during the last of them. From
  /// then on everything fails that is asked through files which were open, and nothing can be opened.
  void cut_power_after(std::int64_t changes);
  void cut_power();  ///< now
  bool has_power() const;
  /// The power is back: of what was not durable an arbitrary part is there. The same `seed`, the same part.
  void restore_power(std::uint64_t seed);
  std::int64_t changes() const;  ///< so far
  /// The programs that use the disk are gone as by `kill -9`: what they wrote is there, durable or not. What is asked
  /// through files that were open fails.
  void kill_users();

  /// The `nth` such operation from now on fails as by a defect of the disk; with `for_ever` all after it, too. A write
  /// that fails has written a half.
  void fail(Operation operation, std::int64_t nth, bool for_ever = false);
  /// The disk holds so many bytes and no more; nothing: it has room.
  void limit(std::optional<std::int64_t> bytes);
  /// Syncs of files whose names end so succeed without effect: the log of a database with `synchronous = NORMAL`.
  void ignore_syncs_of(std::string ending);
  void heal();  ///< takes back `fail`, `limit` and `ignore_syncs_of`

  std::int64_t count(Operation operation) const;  ///< how many were asked for
  std::int64_t fired(Operation operation) const;  ///< how many of them `fail` made fail
  std::int64_t refused_as_full() const;
  std::int64_t ignored_syncs() const;

  struct Inner;

 private:
  std::unique_ptr<Inner> inner_;
};

}  // namespace millrace::test
