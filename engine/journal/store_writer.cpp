#include "journal/store_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <system_error>
#include <utility>

#include "journal/codec.hpp"
#include "journal/layout.hpp"
#include "journal/run_rows.hpp"
#include "journal/state_text.hpp"

namespace millrace {

namespace {

/// So many pages in the log are moved into the file together. Fewer would write a page of a hot index again and again,
/// more would make those wait longer who come during the move.
constexpr int worthwhile_pages = 600;

/// Where the number of the newest claim stands among the durable values.
constexpr const char *claim_owner = "engine", *claim_key = "claim";

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

int note_pages(void* pages, sqlite3*, const char*, int count) {
  *static_cast<std::atomic<int>*>(pages) = count;
  return SQLITE_OK;
}

std::optional<std::int64_t> optional_nanoseconds(const std::optional<Timestamp>& time) {
  return time ? std::optional(nanoseconds(*time)) : std::nullopt;
}

/// How run_rows.cpp reads them.
std::int64_t flags_of(const RunHead& head) { return std::int64_t{head.live} | std::int64_t{head.foreground} << 1; }

}  // namespace

struct StoreWriter::Statements {
  Statement begin, commit, rollback, count_entries, add_name, find_name, add_version, find_version, add_event,
      find_event, add_run, change_run, add_run_events, find_state, set_state, erase_state, add_audit;

  bool prepare(Database& database) {
    const auto sum_of = [](const std::string& arguments) { return "record_sum(" + arguments + ")"; };
    const std::pair<Statement*, std::string> all[] = {
        {&begin, "BEGIN IMMEDIATE"},
        {&commit, "COMMIT"},
        {&rollback, "ROLLBACK"},
        {&count_entries, "UPDATE position SET entries = entries + ?1 RETURNING entries"},
        {&add_name, "INSERT INTO names(name) VALUES(?) ON CONFLICT DO NOTHING"},
        {&find_name, "SELECT id FROM names WHERE name = ?"},
        {&add_version, "INSERT INTO versions(workflow, hash, text, sum) VALUES(?1, ?2, ?3, " + sum_of("?1, ?2, ?3") +
                           ") ON CONFLICT DO NOTHING"},
        {&find_version, "SELECT id FROM versions WHERE workflow = ? AND hash = ?"},
        {&add_event, "INSERT INTO events(key, source, id, at, payload, origin, sum) VALUES(?1, ?2, ?3, ?4, ?5, ?6, " +
                         sum_of("?1, ?2, ?3, ?4, ?5, ?6") +
                         ") ON CONFLICT(source, id) WHERE id IS NOT NULL DO NOTHING"},
        {&find_event, "SELECT key FROM events WHERE source = ? AND id = ?"},
        {&add_run,
         "INSERT INTO runs(key, event, workflow, version, trigger, location, zone, lane, flags, outcome,"
         " started, ended, wake_at, changes, starts, note, log, sum)"
         " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, " +
             sum_of("?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17") + ")"},
        {&change_run,
         "UPDATE runs SET outcome = ?2, started = ?3, ended = ?4, wake_at = ?5, changes = ?6, starts = ?7,"
         " note = ?8, flags = ?9, sum = CASE WHEN " +
             sound(summed_runs) + " THEN " +  // the sum of a damaged row would hide the damage
             sum_of(
                 "key, event, workflow, version, trigger, location, zone, lane, ?9, ?2, ?3, ?4, ?5, ?6, ?7, ?8, log") +
             " ELSE sum END"
             " WHERE key = ?1"},
        {&add_run_events, "INSERT INTO run_events(run, n, log, sum) SELECT ?1, next, ?2, " + sum_of("?1, next, ?2") +
                              " FROM (SELECT coalesce(max(n), 0) + 1 AS next FROM run_events WHERE run = ?1)"},
        {&find_state, "SELECT value FROM states WHERE owner = ? AND key = ?"},
        {&set_state, "INSERT INTO states(owner, key, value, sum) VALUES(?1, ?2, ?3, " + sum_of("?1, ?2, ?3") +
                         ") ON CONFLICT(owner, key) DO UPDATE SET value = excluded.value, sum = excluded.sum"},
        {&erase_state, "DELETE FROM states WHERE owner = ? AND key = ?"},
        {&add_audit, "INSERT INTO audit(at, who, what, about, detail, sum) VALUES(?1, ?2, ?3, ?4, ?5, " +
                         sum_of("?1, ?2, ?3, ?4, ?5") + ")"},
    };
    for (const auto& [statement, sql] : all) {
      *statement = database.prepare(sql.c_str());
      if (!*statement) return false;
    }
    return true;
  }
};

std::filesystem::path turn_file(const std::filesystem::path& store) { return store.string() + "-turn"; }

Status make_store_file(const std::filesystem::path& file) {
  std::error_code problem;
  if (std::filesystem::exists(file, problem)) return Done{};
  const auto folder = file.parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, problem);
  if (problem) return Error{ErrorCode::unavailable, "cannot make " + folder.string() + ": " + problem.message()};
  // SQLite's log takes over these permissions. Only a file that is new is opened here: closing it would drop the locks
  // that another connection of this process holds on it.
  const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
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

Status StoreWriter::prepare() {
  sqlite3_wal_hook(database_->handle(), note_pages, &log_pages_);
  statements_ = std::make_unique<Statements>();
  if (statements_->prepare(*database_)) return Done{};
  return what_went_wrong(database_->error());
}

/// A store that is behind its mark is left as it is: its log may be put back.
Status StoreWriter::check_mark() {
  const auto mark = files_.read_mark();
  const auto version = database_->ask_integer("PRAGMA user_version");
  if (!mark || mark->entries == 0 || !version) return Done{};
  if (*version > layout_version) return Done{};  // refused for that, and what it counts is not ours to read
  const bool counts = *version >= layout_that_counts;
  const std::int64_t store = counts ? database_->ask_integer("SELECT store FROM position").value_or(0) : 0;
  const std::int64_t entries = counts ? database_->ask_integer("SELECT entries FROM position").value_or(0) : 0;
  const std::int64_t missing = mark->entries - (store == mark->store ? entries : 0);
  if (missing <= 0) return Done{};
  database_->leave_log();
  return Error{ErrorCode::invalid, shortfall(file_, missing, mark->entries)};
}

/// The number of the newest claim, 0 where there was none; nothing where it cannot be read.
std::optional<std::int64_t> StoreWriter::newest_claim() {
  Statement& find = statements_->find_state;
  const int found = find.bind_text(1, claim_owner).bind_text(2, claim_key).step();
  const Result<Value> held = found == SQLITE_ROW ? state_value(find.text(0)) : Value(0);
  find.reset();
  if (found != SQLITE_ROW && found != SQLITE_DONE) return std::nullopt;
  return held && held->is(Kind::integer) ? held->integer() : 0;
}

Result<Fence> StoreWriter::claim() {
  const Turn turn(turn_);
  if (!begin()) return take_back();
  const auto newest = newest_claim();
  Statement& set = statements_->set_state;
  const bool claimed =
      newest && set.bind_text(1, claim_owner).bind_text(2, claim_key).bind_text(3, std::to_string(*newest + 1)).run();
  if (!claimed || !statements_->commit.run()) return take_back();
  fence_ = Fence{*newest + 1};
  return *fence_;
}

/// Begins a transaction in which this service's claim is the newest, and stays so until it ends.
bool StoreWriter::begin() {
  if (broken_ || !statements_->begin.run()) return false;
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

/// Whether what was just committed lies in the files that have the store's names: only then anybody may count on it.
Status StoreWriter::still_there() {
  if (!vfs_.empty() || broken_) return Done{};
  const auto there = watches_content_ ? files_.check_content() : files_.check();
  if (there) return Done{};
  broken_ = there.error();
  return there;
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
    const auto there = still_there();
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
  Statement& counting = statements_->count_entries;
  const bool found = counting.bind(1, written).step() == SQLITE_ROW;
  const std::int64_t now = found ? counting.integer(0) : 0;
  const bool done = found && counting.step() == SQLITE_DONE;
  counting.reset();
  return done ? std::optional(now) : std::nullopt;
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
      const auto there = still_there();
      if (!there) order.answer = there.error();
      return;
    }
  }
  order.answer = take_back();
}

StoreWriter::Written StoreWriter::write_entry(WriteOrder& order) {
  Committed committed;
  if (!order.entry.events.empty()) committed.event = order.entry.events.front().key;
  order.answer = std::move(committed);
  const Written states = check_states(order);
  if (states != Written::yes) return states;
  const Written events = write_events(order);
  if (events != Written::yes) return events;
  for (const WorkflowVersion& version : order.entry.versions) {
    const auto workflow = name_id(version.workflow);
    if (!workflow) return Written::no;
    statements_->add_version.bind(1, *workflow).bind_text(2, version.hash).bind_text(3, version.text);
    if (!statements_->add_version.run()) return Written::no;
  }
  for (const RunProgress& run : order.entry.runs) {
    if (!write_run(run)) return Written::no;
    if (run.is_new) order.answer->runs.push_back(run.head.key);
  }
  return write_rest(order) ? Written::yes : Written::no;
}

/// Whether every key holds what its change expects. Looked at before anything of the entry is written.
StoreWriter::Written StoreWriter::check_states(WriteOrder& order) {
  for (const StateChange& state : order.entry.states) {
    if (!state.expected) continue;
    Statement& find = statements_->find_state;
    const int found = find.bind_text(1, state.owner).bind_text(2, state.key).step();
    Result<Value> held = Value();
    if (found == SQLITE_ROW) held = state_value(find.text(0));
    find.reset();
    if (found != SQLITE_ROW && found != SQLITE_DONE) return Written::no;
    if (held && same_state(*held, *state.expected)) continue;
    order.answer = held ? state_conflict(state.owner, state.key) : held.error();
    return Written::refused;
  }
  return Written::yes;
}

StoreWriter::Written StoreWriter::write_events(WriteOrder& order) {
  Statement& add = statements_->add_event;
  for (const EventRecord& event : order.entry.events) {
    const std::string payload = encode_payload(event.payload, event.chain);
    add.bind(1, static_cast<std::int64_t>(event.key)).bind_text(2, event.source).bind_text_or_null(3, event.id);
    add.bind(4, nanoseconds(event.at));
    if (payload.empty()) {
      add.bind(5, std::optional<std::int64_t>());
    } else {
      add.bind_blob(5, payload);
    }
    add.bind_text_or_null(6, event.origin);
    if (!add.run()) return Written::no;
    if (event.id.empty() || database_->changes() > 0) continue;
    Statement& find = statements_->find_event;
    const int found = find.bind_text(1, event.source).bind_text(2, event.id).step();
    const EventKey first{found == SQLITE_ROW ? find.integer(0) : 0};
    find.reset();
    if (found != SQLITE_ROW) return Written::no;
    order.answer = Committed{true, first, select_runs_of(*database_, first)};
    return Written::refused;
  }
  return Written::yes;
}

bool StoreWriter::write_run(const RunProgress& progress) {
  return progress.is_new ? insert_run(progress) : update_run(progress);
}

bool StoreWriter::insert_run(const RunProgress& progress) {
  const RunHead& head = progress.head;
  const auto workflow = name_id(head.workflow), trigger = name_id(head.trigger), zone = name_id(head.zone);
  if (!workflow || !trigger || !zone) return false;
  const std::string log = progress.events.empty() ? "" : encode_events(progress.events);
  Statement& add = statements_->add_run;
  add.bind(1, static_cast<std::int64_t>(head.key)).bind(2, static_cast<std::int64_t>(head.event));
  add.bind(3, *workflow).bind(4, version_id(head.workflow, head.version)).bind(5, *trigger);
  add.bind_text_or_null(6, head.location).bind(7, *zone).bind_text_or_null(8, head.lane);
  add.bind(9, flags_of(head));
  add.bind(10, static_cast<std::int64_t>(head.outcome)).bind(11, optional_nanoseconds(head.started));
  add.bind(12, optional_nanoseconds(head.ended)).bind(13, optional_nanoseconds(head.wake_at));
  add.bind(14, head.changes).bind(15, std::int64_t{head.starts}).bind_text_or_null(16, head.note);
  if (log.empty()) {
    add.bind(17, std::optional<std::int64_t>());
  } else {
    add.bind_blob(17, log);
  }
  return add.run();
}

bool StoreWriter::update_run(const RunProgress& progress) {
  const RunHead& head = progress.head;
  if (!progress.same_head && !change_head(head)) return false;
  if (progress.events.empty()) return true;
  const std::string log = encode_events(progress.events);
  return statements_->add_run_events.bind(1, static_cast<std::int64_t>(head.key)).bind_blob(2, log).run();
}

bool StoreWriter::change_head(const RunHead& head) {
  Statement& change = statements_->change_run;
  change.bind(1, static_cast<std::int64_t>(head.key)).bind(2, static_cast<std::int64_t>(head.outcome));
  change.bind(3, optional_nanoseconds(head.started)).bind(4, optional_nanoseconds(head.ended));
  change.bind(5, optional_nanoseconds(head.wake_at)).bind(6, head.changes).bind(7, std::int64_t{head.starts});
  return change.bind_text_or_null(8, head.note).bind(9, flags_of(head)).run();
}

bool StoreWriter::write_rest(const WriteOrder& order) {
  for (std::size_t i = 0; i < order.entry.states.size(); ++i) {
    const StateChange& state = order.entry.states[i];
    Statement& statement = state.value.is_null() ? statements_->erase_state : statements_->set_state;
    statement.bind_text(1, state.owner).bind_text(2, state.key);
    if (!state.value.is_null()) statement.bind_text(3, order.state_texts[i]);
    if (!statement.run()) return false;
  }
  for (const AuditLine& line : order.entry.audit) {
    Statement& add = statements_->add_audit;
    add.bind(1, nanoseconds(line.at)).bind_text(2, line.who).bind_text(3, line.what);
    if (!add.bind_text(4, line.about).bind_text(5, line.detail).run()) return false;
  }
  return true;
}

/// The number of a name, which is given one where it has none.
std::optional<std::int64_t> StoreWriter::name_id(const std::string& name) {
  const auto known = names_.find(name);
  if (known != names_.end()) return known->second;
  if (!statements_->add_name.bind_text(1, name).run()) return std::nullopt;
  Statement& find = statements_->find_name;
  const bool found = find.bind_text(1, name).step() == SQLITE_ROW;
  const std::int64_t id = found ? find.integer(0) : 0;
  find.reset();
  if (!found) return std::nullopt;
  names_.emplace(name, id);
  return id;
}

/// Nothing where that version was never kept.
std::optional<std::int64_t> StoreWriter::version_id(const std::string& workflow, const std::string& hash) {
  const std::string place = workflow + '\n' + hash;
  const auto known = versions_.find(place);
  if (known != versions_.end()) return known->second;
  const auto of = name_id(workflow);
  Statement& find = statements_->find_version;
  const bool found = of && find.bind(1, *of).bind_text(2, hash).step() == SQLITE_ROW;
  const std::int64_t id = found ? find.integer(0) : 0;
  find.reset();
  if (!found) return std::nullopt;
  versions_.emplace(place, id);
  return id;
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
  if (log_pages_ < pages_moved_) pages_moved_ = 0;  // the log has begun anew
  if (log_pages_ < pages_moved_ + worthwhile_pages) return;
  const Turn turn(turn_);
  const int outcome =
      sqlite3_wal_checkpoint_v2(database_->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
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
  if (!database_) return Done{};
  const Turn turn(turn_);  // the last one to close moves the log into the file
  statements_.reset();
  if (broken_) database_->leave_log();  // what has its name now may be another one's
  database_.reset();
  if (broken_) return *broken_;
  return Done{};
}

}  // namespace millrace
