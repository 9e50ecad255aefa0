#include <algorithm>
#include <utility>

#include "decider/event_bytes.hpp"
#include "journal/codec.hpp"
#include "journal/run_rows.hpp"
#include "journal/state_text.hpp"
#include "journal/store_statements.hpp"
#include "journal/store_writer.hpp"

// How an entry becomes rows, within the transaction that store_writer.cpp begins and ends.

namespace millrace {

namespace {

std::optional<std::int64_t> optional_nanoseconds(const std::optional<Timestamp>& time) {
  return time ? std::optional(nanoseconds(*time)) : std::nullopt;
}

/// How run_rows.cpp reads them.
std::int64_t flags_of(const RunHead& head) {
  return std::int64_t{head.live} | std::int64_t{head.foreground} << 1 | std::int64_t{head.left_out} << 2;
}

/// Events of more bytes lie in a row of their own from the first: SQLite takes a whole row into memory to change any of
/// it.
constexpr std::size_t max_bytes_in_a_run = 16 * 1024;

/// What happened is written in pieces of about so many bytes, because SQLite copies each as a whole.
constexpr std::size_t worthwhile_piece = std::size_t{4} << 20;

bool needs_pieces(const std::vector<RunEvent>& events) {
  std::size_t bytes = 0;
  for (const RunEvent& event : events) bytes += bytes_of(event);
  return bytes > worthwhile_piece;
}

}  // namespace

Status set_entry(WriteOrder& order, Entry entry) {
  std::vector<std::string> texts(entry.states.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (!entry.states[i].value.is_null()) texts[i] = TRY(state_text(entry.states[i].value));
  }
  order.entry = std::move(entry);
  order.state_texts = std::move(texts);
  return Done{};
}

StoreWriter::Written StoreWriter::write_entry(WriteOrder& order) {
  if (order.decide) {
    auto decided = order.decide(*database_);
    const Status set = decided ? set_entry(order, std::move(*decided)) : Status(decided.error());
    if (!set) {
      order.answer = set.error();
      return Written::refused;
    }
  }
  Committed committed;
  if (!order.entry.events.empty()) committed.event = order.entry.events.front().key;
  order.answer = std::move(committed);
  const Written states = check_states(order);
  if (states != Written::yes) return states;
  const Written hands = check_hands(order);
  if (hands != Written::yes) return hands;
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
    if (found == SQLITE_ROW) held = state_value(find.text(0), state.owner, state.key);
    find.reset();
    if (found != SQLITE_ROW && found != SQLITE_DONE) return Written::no;
    if (held && same_state(*held, *state.expected)) continue;
    order.answer = held ? state_conflict(state.owner, state.key) : held.error();
    return Written::refused;
  }
  return Written::yes;
}

/// For as long as this program lives, whoever looks sees that the run is carried out.
Status StoreWriter::take_in_hand(RunKey run) {
  if (!vfs_.empty()) return Done{};
  if (!hands_) hands_ = TRY(FileLock::open(hands_file(file_)));
  // Where another program has it, that applies the same plan: its event is here already.
  hands_->try_lock(static_cast<std::int64_t>(run));
  return Done{};
}

/// Whether the runs that a program in the foreground writes of are its own, and still are: what a person orders takes a
/// run out of its hands, and it must not go on beside whoever carries the order out.
StoreWriter::Written StoreWriter::check_hands(WriteOrder& order) {
  for (const RunProgress& run : order.entry.runs) {
    if (!run.head.foreground) continue;
    if (run.is_new) {
      const Status taken = take_in_hand(run.head.key);
      if (taken) continue;
      order.answer = taken.error();
      return Written::refused;
    }
    Statement& find = statements_->find_in_foreground;
    const int found = find.bind(1, static_cast<std::int64_t>(run.head.key)).step();
    find.reset();
    if (found == SQLITE_ROW) continue;
    if (found != SQLITE_DONE) return Written::no;
    order.answer = Error{ErrorCode::unavailable, "the run " + render(run.head.key) +
                                                     " is not this command's any more: it was told something from "
                                                     "elsewhere, and the service goes on with it"};
    return Written::refused;
  }
  return Written::yes;
}

StoreWriter::Written StoreWriter::write_events(WriteOrder& order) {
  Statement& add = statements_->add_event;
  for (const EventRecord& event : order.entry.events) {
    const std::string payload = encode_payload(event);
    add.bind(1, static_cast<std::int64_t>(event.key)).bind_text(2, event.source).bind_text_or_null(3, event.id);
    add.bind(4, nanoseconds(event.at));
    add.bind_blob_or_null(5, payload).bind_text_or_null(6, event.origin);
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
  const auto version = version_id(head.workflow, head.version);
  if (!workflow || !trigger || !zone || !version) return false;
  const bool in_pieces = needs_pieces(progress.events);
  const std::string log = progress.events.empty() || in_pieces ? "" : encode_events(progress.events);
  Statement& add = statements_->add_run;
  add.bind(1, static_cast<std::int64_t>(head.key)).bind(2, static_cast<std::int64_t>(head.event));
  add.bind(3, *workflow).bind(4, *version == 0 ? std::nullopt : version).bind(5, *trigger);
  add.bind_text_or_null(6, head.location).bind(7, *zone).bind_text_or_null(8, head.lane);
  add.bind(9, flags_of(head));
  add.bind(10, static_cast<std::int64_t>(head.outcome)).bind(11, optional_nanoseconds(head.started));
  add.bind(12, optional_nanoseconds(head.ended)).bind(13, optional_nanoseconds(head.wake_at));
  add.bind(14, head.changes).bind(15, std::int64_t{head.starts}).bind_text_or_null(16, head.note);
  const bool apart = log.size() > max_bytes_in_a_run;
  return add.bind_blob_or_null(17, apart ? std::string_view() : log).run() && (!apart || add_part(head.key, 1, log)) &&
         (!in_pieces || add_pieces(head.key, 1, progress.events));
}

bool StoreWriter::update_run(const RunProgress& progress) {
  const RunHead& head = progress.head;
  if (progress.events.empty()) return progress.same_head || change_run(head, "");
  const auto key = static_cast<std::int64_t>(head.key);
  Statement& find = statements_->next_part;
  const bool found = find.bind(1, key).step() == SQLITE_ROW;
  const std::int64_t part = found ? find.integer(0) : 0;
  find.reset();
  if (!found) return false;
  const std::int64_t next = std::max<std::int64_t>(part, 1);
  if (needs_pieces(progress.events))
    return (progress.same_head || change_run(head, "")) && add_pieces(head.key, next, progress.events);
  const std::string log = encode_events(progress.events);
  if (part == 0 && log.size() <= max_bytes_in_a_run) return change_run(head, log);
  return (progress.same_head || change_run(head, "")) && add_part(head.key, next, log);
}

bool StoreWriter::add_pieces(RunKey run, std::int64_t part, const std::vector<RunEvent>& events) {
  std::vector<RunEvent> piece;
  std::size_t bytes = 0;
  for (const RunEvent& event : events) {
    piece.push_back(event);
    bytes += bytes_of(event);
    if (bytes < worthwhile_piece && &event != &events.back()) continue;
    if (!add_part(run, part++, encode_events(piece))) return false;
    piece.clear();
    bytes = 0;
  }
  return true;
}

bool StoreWriter::add_part(RunKey run, std::int64_t part, const std::string& log) {
  Statement& add = statements_->add_run_events;
  return add.bind(1, static_cast<std::int64_t>(run)).bind(2, part).bind_blob_or_null(3, log).run();
}

/// `log`: a run's first events, empty where the row has none or has them already. One that was left out has another
/// version and lane when it begins after all.
bool StoreWriter::change_run(const RunHead& head, const std::string& log) {
  const auto version = version_id(head.workflow, head.version);
  if (!version) return false;
  Statement& change = statements_->change_run;
  change.bind(1, static_cast<std::int64_t>(head.key)).bind(2, static_cast<std::int64_t>(head.outcome));
  change.bind(3, optional_nanoseconds(head.started)).bind(4, optional_nanoseconds(head.ended));
  change.bind(5, optional_nanoseconds(head.wake_at)).bind(6, head.changes).bind(7, std::int64_t{head.starts});
  change.bind_text_or_null(8, head.note).bind(9, flags_of(head)).bind_blob_or_null(10, log);
  return change.bind(11, *version == 0 ? std::nullopt : version).bind_text_or_null(12, head.lane).run();
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
    for (Statement* add : {&statements_->add_audit, &statements_->add_audit_hash}) {
      if (!bind_audit_line(*add, line).run()) return false;
    }
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

/// 0 where that version was never kept; nothing where it cannot be looked up.
std::optional<std::int64_t> StoreWriter::version_id(const std::string& workflow, const std::string& hash) {
  const std::string place = workflow + '\n' + hash;
  const auto known = versions_.find(place);
  if (known != versions_.end()) return known->second;
  const auto of = name_id(workflow);
  Statement& find = statements_->find_version;
  const int found = of ? find.bind(1, *of).bind_text(2, hash).step() : SQLITE_ERROR;
  const std::int64_t id = found == SQLITE_ROW ? find.integer(0) : 0;
  find.reset();
  if (found == SQLITE_DONE) return 0;
  if (found != SQLITE_ROW) return std::nullopt;
  versions_.emplace(place, id);
  return id;
}

}  // namespace millrace
