#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/file_lock.hpp"
#include "base/result.hpp"
#include "journal/database.hpp"
#include "journal/journal.hpp"
#include "journal/store_files.hpp"
#include "journal/write_orders.hpp"

namespace millrace {

/// The one connection that writes. One worker at a time; every call may block.
class StoreWriter {
 public:
  StoreWriter(std::filesystem::path file, std::string vfs);
  ~StoreWriter();

  /// Opens the file, making it where it is not there, and brings its tables up to date.
  Status open();
  bool is_open() const noexcept { return database_.has_value(); }

  /// Carries the orders out, as many entries as possible in one transaction and one flush, and sets their answers. An
  /// entry that cannot be written takes none of the others with it, unless the disk itself is in the way.
  void write(const std::vector<WriteOrder*>& orders);

  /// Takes the next number, under which all else is written from now on: for the service. REQUIRES: is_open().
  Result<Fence> claim();

  /// From now on what others write into the file is noticed, too: for the service.
  void watch_content() noexcept { watches_content_ = true; }

  /// Moves what the log has gathered into the file, when that is worth it.
  void checkpoint();

  /// How much the log holds that is not moved into the file yet. Any thread.
  std::int64_t log_bytes() const noexcept {
    return std::max<std::int64_t>(0, std::int64_t{log_pages_} - in_file_) * page_bytes;
  }

  /// Where the service's keys go on.
  Result<KeyMaker> start_of_keys(Timestamp now);
  Status close();

 private:
  static constexpr std::int64_t page_bytes = 4096;  // SQLite's own choice; nearly right is enough here
  struct Statements;
  enum class Written : std::uint8_t { yes, refused, no };

  Status prepare();
  Status check_mark();
  Status find_position();
  Status still_there();
  Status check_committed();
  static int note_log(void* writer, sqlite3* database, const char* name, int pages);
  bool begin();
  std::optional<std::int64_t> newest_claim();
  void keep_mark(std::optional<std::int64_t> moved);
  std::optional<std::int64_t> count_written(WriteOrder* const* orders, std::size_t count);
  void write_entries(WriteOrder* const* orders, std::size_t count);
  void do_work(WriteOrder& order);
  bool write_all(WriteOrder* const* orders, std::size_t count);
  Written write_entry(WriteOrder& order);
  Written check_states(WriteOrder& order);
  Written check_hands(WriteOrder& order);
  Status take_in_hand(RunKey run);
  Written write_events(WriteOrder& order);
  bool write_run(const RunProgress& progress);
  bool insert_run(const RunProgress& progress);
  bool update_run(const RunProgress& progress);
  bool change_run(const RunHead& head, const std::string& log);
  bool add_pieces(RunKey run, std::int64_t part, const std::vector<RunEvent>& events);
  bool add_part(RunKey run, std::int64_t part, const std::string& log);
  bool write_rest(const WriteOrder& order);
  std::optional<std::int64_t> name_id(const std::string& name);
  std::optional<std::int64_t> version_id(const std::string& workflow, const std::string& hash);
  Error take_back();
  Error what_went_wrong(const DatabaseError& error);

  std::filesystem::path file_;
  std::string vfs_;
  StoreFiles files_;
  std::int64_t store_ = 0, entries_ = 0;  // of its row `position`
  bool watches_content_ = false;
  std::optional<Fence> fence_;
  std::optional<FileLock> turn_;  // between processes; not on a file system of a test's own
  std::optional<FileLock> hands_;
  std::optional<Database> database_;
  std::unique_ptr<Statements> statements_;  // behind the database, so that they end before it
  std::unordered_map<std::string, std::int64_t> names_, versions_;
  std::optional<Error> broken_;
  std::atomic<int> log_pages_ = 0;
  bool log_written_ = false;      // since the last look at it
  std::atomic<int> in_file_ = 0;  // of the log's pages
  int pages_moved_ = 0;           // how many there were when they were moved last
  int pages_seen_ = 0;            // at the last look whether that is worth it
};

/// The file beside the store on which processes take turns to write.
std::filesystem::path turn_file(const std::filesystem::path& store);

/// The file beside the store in which each run of the foreground is a place, locked by the program that carries it out.
std::filesystem::path hands_file(const std::filesystem::path& store);

/// Makes the store's folder and an empty file that only its owner can read, where there is none.
Status make_store_file(const std::filesystem::path& file);

}  // namespace millrace
