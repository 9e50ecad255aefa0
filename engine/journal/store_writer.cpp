#include "journal/store_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <system_error>
#include <utility>

#include "base/private_files.hpp"
#include "journal/engine_states.hpp"
#include "journal/layout.hpp"
#include "journal/state_text.hpp"
#include "journal/store_files.hpp"
#include "journal/store_position.hpp"
#include "journal/store_statements.hpp"

namespace millrace {

namespace {

/// So many pages in the log are moved into the file together. Fewer would write a page of a hot index again and again,
/// more would make those wait longer who come during the move.
constexpr int worthwhile_pages = 600;

/// A worker waits for its turn and gives it on.
class Turn {
 public:
  explicit Turn(std::optional<FileLock>& lock) : lock_(lock) {
    if (lock_) lock_->lock();
  }
  ~Turn() {
    if (lock_) lock_->unlock();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  std::optional<FileLock>& lock_;
};

}  // namespace

std::filesystem::path turn_file(const std::filesystem::path& store) { return store.string() + "-turn"; }

std::filesystem::path hands_file(const std::filesystem::path& store) { return store.string() + "-hands"; }

Status make_store_file(const std::filesystem::path& file) {
  TRY(check_store_files(file));
  std::error_code problem;
  if (std::filesystem::exists(file, problem)) return Done{};
  TRY(make_private_folder(file.parent_path().string()));
  // SQLite's log takes over these permissions. Only a file that is new is opened here: closing it would drop the locks
  // that another connection of this process holds on it.
  const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (made >= 0) ::close(made);
  return Done{};
}

StoreWriter::StoreWriter(std::filesystem::path file, std::string vfs)
    : file_(std::move(file)), vfs_(std::move(vfs)), files_(file_) {}

StoreWriter::~StoreWriter() {
  const auto closed = close();
  (void)closed;  // whoever wants to know has called it before
}

Status StoreWriter::open() {
  if (broken_) return *broken_;
  if (database_) return Done{};
  if (vfs_.empty()) {
    TRY(make_store_file(file_));
    turn_ = TRY(FileLock::open(turn_file(file_)));
  }
  const Turn turn(turn_);
  auto opened = Database::open(file_.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs_);
  if (!opened) return opened.error();
  database_ = std::move(*opened);
  auto prepared = vfs_.empty() ? check_mark() : Status(Done{});
  if (prepared) prepared = prepare_for_writing(*database_, file_.string());
  if (prepared) prepared = prepare();
  if (prepared) prepared = find_position();
  if (prepared) return Done{};
  statements_.reset();
  database_.reset();
  return prepared;
}

int StoreWriter::note_log(void* writer, sqlite3*, const char*, int pages) {
  static_cast<StoreWriter*>(writer)->log_pages_ = pages;
  static_cast<StoreWriter*>(writer)->log_written_ = true;
  return SQLITE_OK;
}

Status StoreWriter::prepare() {
  sqlite3_wal_hook(database_->handle(), note_log, this);
  statements_ = std::make_unique<Statements>();
  if (statements_->prepare(*database_)) return Done{};
  return what_went_wrong(database_->error());
}

/// A store that is behind its mark is left as it is: its log may be put back.
Status StoreWriter::check_mark() {
  auto checked = check_position(files_, &*database_);
  if (!checked) database_->leave_log();
  return checked;
}

/// The number of the newest claim, 0 where there was none; nothing where it cannot be read.
std::optional<std::int64_t> StoreWriter::newest_claim() {
  Statement& find = statements_->find_state;
  const int found = find.bind_text(1, engine_owner).bind_text(2, claim_key).step();
  const Result<Value> held = found == SQLITE_ROW ? state_value(find.text(0), engine_owner, claim_key) : Value(0);
  find.reset();
  if (found != SQLITE_ROW && found != SQLITE_DONE) return std::nullopt;
  return held && held->is(Kind::integer) ? held->integer() : 0;
}

Result<Fence> StoreWriter::claim() {
  database_->run("PRAGMA cache_size = -8192");  // a service comes back to the same pages again and again
  const Turn turn(turn_);
  if (!begin()) return take_back();
  const auto newest = newest_claim();
  Statement& set = statements_->set_state;
  const bool claimed =
      newest && set.bind_text(1, engine_owner).bind_text(2, claim_key).bind_text(3, std::to_string(*newest + 1)).run();
  if (!claimed || !statements_->commit.run()) return take_back();
  fence_ = Fence{*newest + 1};
  return *fence_;
}

/// Begins a transaction in which this service's claim is the newest, and stays so until it ends.
bool StoreWriter::begin() {
  // Looked at before, too: what is written next would hide that the log was cut short.
  if (!still_there() || broken_ || !statements_->begin.run()) return false;
  if (!fence_) return true;
  const auto newest = newest_claim();
  if (!newest || *newest == fence_->number) return newest.has_value();
  statements_->rollback.run();  // whoever has the claim waits for its turn
  broken_ =
      Error{ErrorCode::unavailable, "another service has taken over the store " + file_.string() + " (claim " +
                                        std::to_string(*newest) + ", this one has " + std::to_string(fence_->number) +
                                        "), so this one writes nothing more; stop it"};
  return false;
}

/// How far the store has come.
Status StoreWriter::find_position() {
  const auto store = database_->ask_integer("SELECT store FROM position");
  const auto entries = database_->ask_integer("SELECT entries FROM position");
  if (!store || !entries) return what_went_wrong(database_->error());
  store_ = *store;
  entries_ = *entries;
  if (!vfs_.empty()) return Done{};
  files_.remember();
  keep_mark(std::nullopt);
  return Done{};
}

/// The mark is shared with other processes: only whose turn it is changes it.
void StoreWriter::keep_mark(std::optional<std::int64_t> moved) {
  if (!vfs_.empty()) return;
  auto mark = files_.read_mark();
  if (!mark || mark->store != store_) mark = StoreMark{store_, 0, 0};
  mark->entries = std::max(mark->entries, entries_);
  if (moved) mark->moved = *moved;
  files_.write_mark(*mark);
}

/// Whether what is committed lies in the files that have the store's names.
Status StoreWriter::still_there() {
  if (!vfs_.empty() || broken_) return Done{};
  const auto there = watches_content_ ? files_.check_content() : files_.check();
  if (there) return Done{};
  broken_ = there.error();
  return there;
}

/// Whether anybody may count on what was just committed.
Status StoreWriter::check_committed() {
  TRY(still_there());
  if (vfs_.empty() && std::exchange(log_written_, false)) files_.remember_log(log_pages_);
  return Done{};
}

void StoreWriter::write(const std::vector<WriteOrder*>& orders) {
  const auto opened = open();
  if (!opened) {
    for (WriteOrder* order : orders) order->answer = opened.error();
    return;
  }
  const Turn turn(turn_);
  for (std::size_t first = 0; first < orders.size();) {
    if (orders[first]->work) {
      do_work(*orders[first++]);
      continue;
    }
    std::size_t end = first;
    while (end < orders.size() && !orders[end]->work) ++end;
    write_entries(&orders[first], end - first);
    first = end;
  }
}

void StoreWriter::write_entries(WriteOrder* const* orders, std::size_t count) {
  if (write_all(orders, count)) {
    const auto there = check_committed();
    for (std::size_t i = 0; !there && i < count; ++i) orders[i]->answer = there.error();
    if (there) keep_mark(std::nullopt);
    return;
  }
  const Error error = take_back();
  if (count == 1 || broken_) {
    for (std::size_t i = 0; i < count; ++i) orders[i]->answer = error;
    return;
  }
  // One of them may have been the reason: each has its own chance. What waits for room keeps its order: none goes
  // before one that found no room.
  const WriteOrder* held = nullptr;
  for (std::size_t i = 0; i < count; ++i) {
    const bool waits = orders[i]->entry.waits_for_room;
    if (waits && held != nullptr) {
      orders[i]->answer = held->answer;
      continue;
    }
    write_entries(orders + i, 1);
    if (waits && !orders[i]->answer && orders[i]->answer.error().code == ErrorCode::limited) held = orders[i];
  }
}

bool StoreWriter::write_all(WriteOrder* const* orders, std::size_t count) {
  if (!begin()) return false;
  for (std::size_t i = 0; i < count; ++i) {
    if (write_entry(*orders[i]) == Written::no) return false;
  }
  const auto counted = count_written(orders, count);
  if (!counted || !statements_->commit.run()) return false;
  entries_ = std::max(entries_, *counted);
  return true;
}

/// Entries are counted in the transaction that writes them, duplicates are not. Gives how many there are now.
std::optional<std::int64_t> StoreWriter::count_written(WriteOrder* const* orders, std::size_t count) {
  std::int64_t written = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const bool duplicate = !orders[i]->answer || orders[i]->answer->duplicate;
    if (!duplicate && !orders[i]->entry.empty()) ++written;
  }
  if (written == 0) return entries_;
  if (!statements_->count_entries.bind(1, written).run()) return std::nullopt;
  Statement& read = statements_->read_entries;
  const bool found = read.step() == SQLITE_ROW;
  const std::int64_t now = found ? read.integer(0) : 0;
  read.reset();
  return found ? std::optional(now) : std::nullopt;
}

void StoreWriter::do_work(WriteOrder& order) {
  if (begin()) {
    const auto done = order.work(*database_);
    if (!done) {
      order.answer = done.error();
      take_back();
      return;
    }
    if (statements_->commit.run()) {
      const auto there = check_committed();
      if (!there) order.answer = there.error();
      return;
    }
  }
  order.answer = take_back();
}

/// Ends a transaction of which something could not be written; gives the reason.
Error StoreWriter::take_back() {
  if (broken_) return *broken_;
  const Error error = what_went_wrong(database_->error());
  statements_->rollback.run();
  names_.clear();  // what the transaction had added is gone
  versions_.clear();
  return error;
}

Error StoreWriter::what_went_wrong(const DatabaseError& error) {
  if (error.disk_full())
    return {ErrorCode::limited, "the disk is full, so the store " + file_.string() + " takes nothing new"};
  if (error.name_taken()) return {ErrorCode::conflict, "a name of what is new is taken in the store " + file_.string()};
  if (error.out_of_memory()) return {ErrorCode::limited, "there is not enough memory to write to the store"};
  Error failure{ErrorCode::unavailable, "cannot write the store " + file_.string() + ": " + error.message};
  if (error.damaged())
    failure.message = "the store " + file_.string() +
                      " is damaged; \"millrace doctor\" says how much, \"millrace restore\" brings a backup back";
  if (!error.disk_failed()) return failure;
  // After a failed flush the disk may hold either state, and a second flush would claim success without having written.
  failure.message += "; nothing more is written until Millrace is started again";
  broken_ = failure;
  return failure;
}

void StoreWriter::checkpoint() {
  if (!database_ || broken_) return;
  if (log_pages_ < pages_moved_) pages_moved_ = in_file_ = 0;  // the log has begun anew
  // Whoever held a large log up may have ended meanwhile: that is found out where nothing else is to be done.
  const bool idle = std::exchange(pages_seen_, log_pages_) == log_pages_;
  const bool held_up = idle && log_bytes() > large_log;
  if (log_pages_ < pages_moved_ + worthwhile_pages && !held_up) return;
  const Turn turn(turn_);
  if (!still_there()) return;  // the file would take what a damaged log holds
  keep_mark(StoreMark::being_moved);
  int in_log = 0, in_file = 0;
  const int outcome =
      sqlite3_wal_checkpoint_v2(database_->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &in_file);
  if (outcome == SQLITE_OK) in_file_ = in_file;
  // Where a reader keeps the log from beginning anew it grows on, and only what is new is worth another move.
  pages_moved_ = log_pages_;
  keep_mark(files_.written_at());
  // Full or busy: the log keeps everything, and a later attempt moves it.
  if (outcome != SQLITE_OK && database_->error().disk_failed()) what_went_wrong(database_->error());
}

Result<KeyMaker> StoreWriter::start_of_keys(Timestamp now) {
  const std::string ahead = std::to_string(first_key_ahead(now));
  std::int64_t last = 0, own = 0;
  std::set<int> lines;
  bool read = true;
  for (const std::string table : {"events", "runs"}) {
    Statement behind =
        database_->prepare(("SELECT key FROM " + table + " WHERE key < " + ahead + " ORDER BY key DESC").c_str());
    int outcome = SQLITE_ROW;
    bool found = false;
    while (!found && behind && (outcome = behind.step()) == SQLITE_ROW) {
      last = std::max(last, behind.integer(0));
      found = is_service_key(behind.integer(0));
      if (found) own = std::max(own, behind.integer(0));
    }
    Statement future = database_->prepare(("SELECT key FROM " + table + " WHERE key >= " + ahead).c_str());
    int next = SQLITE_ROW;
    while (future && (next = future.step()) == SQLITE_ROW) {
      if (is_service_key(future.integer(0))) lines.insert(line_of(future.integer(0)));
    }
    read = read && behind && future && (found || outcome == SQLITE_DONE) && next == SQLITE_DONE;
    if (!read) break;
  }
  if (read) return KeyMaker(last, false, own, lines);
  const bool damaged = database_->error().damaged();
  Error error = what_went_wrong(database_->error());
  if (damaged) error.code = ErrorCode::invalid;  // starting again would not help
  return error;
}

Status StoreWriter::close() {
  hands_.reset();
  if (!database_) return Done{};
  const Turn turn(turn_);  // the last one to close moves the log into the file
  statements_.reset();
  if (broken_) database_->leave_log();  // what has its name now may be another one's
  database_.reset();
  if (broken_) return *broken_;
  return Done{};
}

}  // namespace millrace
