#pragma once

#include <sqlite3.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "simulated_disk.hpp"

namespace millrace::test {

struct OpenFile;

/// A change of a file that is not durable yet.
struct PendingChange {
  enum class Fate : std::uint8_t {
    open,      ///< the next sync makes it durable
    in_doubt,  ///< its sync has failed: no later one makes it durable
    certain,   ///< durable; kept because it lies over something in doubt
  };
  std::size_t place = 0;
  std::string bytes = {};
  bool shortening = false;  ///< to `place` bytes
  Fate fate = Fate::open;
};

/// What the connections to one database share: SQLite's index of the log, and the locks on it.
struct SharedMemory {
  static constexpr std::size_t region_size = 32768;
  using Region = std::array<char, region_size>;
  std::vector<std::unique_ptr<Region>> regions;
};

struct StoredFile {
  std::string durable, seen;
  std::vector<PendingChange> pending;
  std::vector<OpenFile*> users;
  std::shared_ptr<SharedMemory> shared;

  void write(std::size_t place, std::string_view bytes);
  void shorten(std::size_t size);
  void sync();
  void put_in_doubt();
  /// The power failed: what was pending has landed, or not.
  void settle(std::mt19937_64& random);
  void forget_users();
};

/// One use of a file by a connection.
struct OpenFile {
  SimulatedDisk::Inner& disk;
  std::shared_ptr<StoredFile> file;
  std::string name;  ///< empty: of nobody else's concern
  bool remove_at_end = false;
  std::uint64_t use = 0;  ///< of the disk; a later one ends this one
  int lock = SQLITE_LOCK_NONE;
  std::shared_ptr<SharedMemory> shared = {};
  std::array<bool, SQLITE_SHM_NLOCK> shares = {}, owns = {};  ///< locks on the shared memory
};

struct SimulatedDisk::Inner {
  static constexpr std::size_t kinds = 5;
  struct Fault {
    std::int64_t at = std::numeric_limits<std::int64_t>::max();
    bool for_ever = false;
  };

  mutable std::mutex mutex;
  sqlite3_vfs vfs = {};
  std::string vfs_name;
  std::map<std::string, std::shared_ptr<StoredFile>> files;
  bool power = true;
  std::uint64_t uses = 0;  ///< how often all users were gone
  std::int64_t changes = 0;
  std::int64_t last_change = std::numeric_limits<std::int64_t>::max();
  std::array<std::int64_t, kinds> asked = {}, failed = {};
  std::array<Fault, kinds> faults = {};
  std::optional<std::int64_t> capacity;
  std::int64_t full = 0, ignored = 0;
  std::string unsynced_ending;

  /// Counts the operation, and says whether it is one that shall fail.
  bool fails(Operation operation);
  /// Counts a change. False where the power is off afterwards.
  bool change();
  bool alive(const OpenFile& open) const { return power && open.use == uses; }
  std::size_t room_for(const StoredFile& file, std::size_t end) const;
};

/// Makes the file system known to SQLite under `disk.vfs_name`.
void add_file_system(SimulatedDisk::Inner& disk);

}  // namespace millrace::test
