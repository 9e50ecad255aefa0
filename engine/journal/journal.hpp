#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "async/loop.hpp"
#include "base/result.hpp"
#include "decider/event.hpp"
#include "journal/keys.hpp"
#include "journal/state_store.hpp"
#include "value/value.hpp"

namespace millrace {

/// For so long at least what sources call their events is kept.
inline constexpr std::int32_t days_of_ids = 30;

/// One occurrence that was accepted. What the source calls it (`id`) is kept once per source for as long as the event
/// is kept, `days_of_ids` at least: the second delivery of the same is a duplicate. A schedule's slot is an event, too:
/// its source is the trigger, its id the slot.
struct EventRecord {
  EventKey key = {};
  std::string source;  ///< "hook:prune-tags", "schedule:weekly-report/0", "call:<run>", "manual"
  std::string id;      ///< empty: not known, so never a duplicate
  Timestamp at;
  Value payload;  ///< as expressions see it under `event`
  /// The workflows whose runs led here, the first one first; empty where it came from outside.
  std::vector<std::string> chain = {};
  /// Of an event that a run made (a call, an end): what its effects' keys are made of in place of source and id.
  std::string origin = {};
  Value delivery = {};  ///< how it came, as expressions see it under `delivery`; null where no sender delivered it
};

/// What the effects of an event's runs have their keys from: the same for the same event of the source, even where the
/// store does not know it any more. An event of which the source says nothing is like no other.
inline std::string origin_of(const EventRecord& event) {
  if (!event.origin.empty()) return event.origin;
  return event.id.empty() ? render(event.key) : event.source + "\n" + event.id;
}

/// The text of a workflow as runs of it began: a run ends on the version it began with.
struct WorkflowVersion {
  std::string workflow;  ///< its id
  std::string hash;      ///< SHA-256 of the text, hex
  std::string text;
};

/// The head of a run: what lists show and what a restart looks for. The rest of it is its events.
struct RunHead {
  RunKey key = {};
  EventKey event = {};
  std::string workflow;
  std::string version;  ///< the hash of its text; kept beforehand with `versions`
  std::string trigger;  ///< what started it, for people: "schedule", "webhook", "manual", ...
  std::string location, zone;
  std::string lane;  ///< runs of one lane go one at a time, in the order of their keys; empty: in none
  bool live = false;
  bool foreground = false;  ///< a `millrace run` carries it out, not the service
  bool left_out = false;    ///< it did not take place: its end was decided when its event was accepted
  /// Where it stands. `running` before `started`: queued.
  RunOutcome outcome = RunOutcome::running;
  std::optional<Timestamp> started, ended;
  std::optional<Timestamp> wake_at;  ///< waiting: when it goes on by itself, by Clock::lasting
  std::int64_t changes = 0;
  std::int32_t starts = 0;  ///< how often the engine took it up after a restart without it moving on: for quarantine
  std::string note;         ///< why it failed, was skipped, waits or is parked: one sentence
  bool operator==(const RunHead&) const = default;
};

/// What happened to one run since the last entry, and its head after that.
struct RunProgress {
  RunHead head;
  bool is_new = false;
  std::vector<RunEvent> events = {};  ///< in order; after those that are already kept
  bool same_head = false;             ///< the head is kept already as it is, so it need not be written
};

/// Who did what, for the operator. Never holds a secret.
struct AuditLine {
  Timestamp at;
  std::string who, what, about, detail;
};

/// A service's claim to its store. Each one that opens it as a service takes the next number, and in the transaction of
/// every write it is looked at: of a claim that is not the newest any more nothing is written. So whoever was taken for
/// dead, and is not, cannot write over what its successor does.
struct Fence {
  std::int64_t number = 0;  ///< from 1; never given twice
  bool operator==(const Fence&) const = default;
};

/// What is written together: all of it or nothing.
struct Entry {
  std::vector<EventRecord> events;  ///< only the first may have an id: it is that of the entry
  std::vector<RunProgress> runs;
  std::vector<StateChange> states;
  std::vector<WorkflowVersion> versions;
  std::vector<AuditLine> audit;
  /// On a full disk: written as soon as there is room, in the order of the calls, in place of being refused. For what
  /// has happened already; a cancelled waiter gets the refusal.
  bool waits_for_room = false;

  /// Nothing is written then; whoever commits it learns whether the journal takes anything.
  bool empty() const noexcept {
    return events.empty() && runs.empty() && states.empty() && versions.empty() && audit.empty();
  }
};

/// What became of an entry. Of a duplicate nothing was written, and `event` and `runs` are those of the first delivery.
struct Committed {
  bool duplicate = false;
  EventKey event = {};  ///< the first of the entry
  std::vector<RunKey> runs;
};

/// An event that has runs which have not ended.
struct UnfinishedEvent {
  EventKey key = {};
  std::string source;
  std::size_t bytes = 0;  ///< about what its payload takes in the journal
};

/// A run as it is kept.
struct StoredRun {
  RunHead head;
  EventRecord event;
  std::vector<RunEvent> events;
  std::string text;             ///< of the workflow it began with
  std::string unreadable = {};  ///< why the rest is not what happened: a record is damaged, or of a newer version
};

/// Remembers what was accepted, what happened to every run and what must not be forgotten, so that a restart loses
/// nothing. Loop thread only; implementations do their blocking work on a worker.
class Journal {
 public:
  virtual ~Journal() = default;

  /// Returns when the entry is as durable as this journal makes it. Entries become durable in the order of the calls;
  /// many share one transaction and one flush. After the disk has failed, every call fails with `unavailable` until the
  /// program is started again: what is on the disk is then in doubt; so it is where another service has the newest
  /// claim
  /// (`Fence`). A full disk is no such failure: the entry waits
  /// for room, or is refused with `limited`, and the next may succeed. `conflict`: an event or a new run of the entry
  /// has a name that is taken; nothing of it was written, and with new names it may be.
  virtual Task<Result<Committed>> commit(Entry entry) = 0;

  /// A run with its event and all its events; not_found.
  virtual Task<Result<StoredRun>> read(RunKey run) = 0;

  /// The heads of all runs that have not ended: running, queued and waiting, in the order of their acceptance, without
  /// those of the foreground. Parked ones are left out.
  virtual Task<Result<std::vector<RunHead>>> unfinished() = 0;
  /// The events of these runs, each once.
  virtual Task<Result<std::vector<UnfinishedEvent>>> unfinished_events() = 0;

  virtual Task<Result<Value>> read_state(std::string owner, std::string key) = 0;  ///< null where there is none
  /// The keys of an owner that begin with `prefix`, with their values, by key.
  virtual Task<Result<std::vector<std::pair<std::string, Value>>>> list_states(std::string owner,
                                                                               std::string prefix) = 0;

  /// The bytes of an owner's keys and values.
  virtual Task<Result<std::uint64_t>> state_size(std::string owner) = 0;

  virtual KeyMaker& keys() noexcept = 0;
};

/// Remembers for as long as the program runs, and only what plans and tests ask for again.
std::unique_ptr<Journal> open_memory_journal();

/// What a journal keeps for plugins. REQUIRES: `journal` outlives it.
std::unique_ptr<StateStore> open_states_in(Journal& journal);

}  // namespace millrace
