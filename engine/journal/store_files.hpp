#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace millrace {

/// How far a store had come when it was last written, kept in a file beside it. It is not flushed: after a power cut it
/// may be behind the store, never before it.
struct StoreMark {
  std::int64_t store = 0;    ///< which one: made at random with it
  std::int64_t entries = 0;  ///< that were ever written to it
  /// When one of us last moved the log into the file: the file's time then.
  std::int64_t moved = 0;
  /// Stands there while it is moved, and after who moved it was killed.
  static constexpr std::int64_t being_moved = -1;
};

/// Whether what stands under the names of a store, before it is opened, is this user's own: SQLite follows links, and a
/// FIFO holds it for ever.
Status check_store_files(const std::filesystem::path& store);

/// A store's files as they lie in their folder, looked at from outside of SQLite: it works with what it has opened,
/// whatever becomes of the names. One worker at a time.
class StoreFiles {
 public:
  explicit StoreFiles(std::filesystem::path store) : store_(std::move(store)) {}
  ~StoreFiles();
  StoreFiles(const StoreFiles&) = delete;
  StoreFiles& operator=(const StoreFiles&) = delete;

  const std::filesystem::path& store() const noexcept { return store_; }
  /// Remembers what the names lead to. REQUIRES: the log is there, as it is once the store was read.
  void remember();
  /// Whether they lead there still, and nothing was cut off. The error says which one does not, and what to do.
  Status check();
  /// The same, and whether anybody but us has written into the file. REQUIRES: nobody moves the log meanwhile.
  Status check_content();
  /// For who only reads: whether the memory that all share is as long as at the last look. Where it is cut short, a
  /// page that is touched ends the program.
  Status check_shared_memory();
  /// Remembers where the log ends, so that a later look sees whether that is there still. REQUIRES: what it holds was
  /// just written, and is so many pages long.
  void remember_log(std::int64_t pages);

  /// The mark; nothing where there is none, or none that can be read.
  std::optional<StoreMark> read_mark();
  void write_mark(const StoreMark& mark);
  /// When the file was last written, in nanoseconds.
  std::int64_t written_at() const;

 private:
  /// What a name leads to, and what it is itself: a link may come to take its place.
  struct Place {
    dev_t device = 0, own_device = 0;
    ino_t number = 0, own_number = 0;
    bool operator==(const Place&) const = default;
  };
  struct Look {
    Place place;
    std::int64_t size = 0;  // of what it leads to
  };
  static constexpr std::array<const char*, 3> parts = {"", "-wal", "-shm"};
  std::filesystem::path path_of(const char* part) const { return store_.string() + part; }
  static Look look_at(const std::filesystem::path& file);
  std::string read_log(std::int64_t at, std::size_t size) const;
  bool log_is_whole();
  bool open_mark();

  std::filesystem::path store_;
  std::array<Look, parts.size()> looks_ = {};  // the last ones
  std::int64_t written_ = 0;
  int mark_ = -1;
  int log_ = -1;
  std::string log_head_, log_end_;  // the second is its last page, and is empty where it is not known
  std::int64_t log_end_at_ = 0;
};

/// What it means that a store is behind its mark by so many of the entries it had taken, and what can be done.
std::string shortfall(const std::filesystem::path& store, std::int64_t missing, std::int64_t taken);

/// A log of so many bytes is held up by somebody who reads without an end; when it begins anew it is cut back to them.
constexpr std::int64_t large_log = std::int64_t{64} << 20;
/// What such a log means, for people.
std::string log_held_up(const std::filesystem::path& store, std::int64_t bytes);

/// The file beside the store that holds its mark.
std::filesystem::path mark_file(const std::filesystem::path& store);

}  // namespace millrace
