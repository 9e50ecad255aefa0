#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "async/loop.hpp"
#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "catalog/request.hpp"
#include "catalog/thing_place.hpp"
#include "courier/call_site.hpp"
#include "courier/calls.hpp"
#include "gate/seen_things.hpp"
#include "journal/state_store.hpp"
#include "secret/secrets.hpp"
#include "value/value.hpp"
#include "workflow/project.hpp"
#include "workflow/safety.hpp"

namespace millrace {

/// The kind of thing that an action touches: its resource's, else what stands before ':' in its target; may be empty.
std::string kind_touched(const Action& action);

/// A change that counts for the limits, although it was made before.
struct PastChange {
  ThingPlace place;  ///< of the thing; without a kind for files, and only with it where nothing more was kept
  std::string target;
  std::string key = {};     ///< of the effect: what comes under it again is the same change
  bool at_bad_end = false;  ///< CallSite::at_bad_end
};

/// What a ledger knows of a write that is about to leave.
struct Known {
  std::optional<Value> answer;  ///< it happened before, and this was its answer; nothing: send it
  bool left_before = false;     ///< it may have happened before, and may be sent again
};

class ChangeCount;
class PlannedChanges;

/// Remembers the writes inside a step (those of a job), so that a restart neither repeats nor loses one.
class Ledger {
 public:
  virtual ~Ledger() = default;
  /// Before a write leaves; returns when that is durable. `unsure`: it was begun before, how that ended is not
  /// known, and nobody may send it twice unasked.
  virtual Task<Result<Known>> begin(const Action& action, CallSite site) = 0;
  /// How it ended. Not called where the outcome is unsure.
  virtual Task<Status> end(const Action& action, CallSite site, Result<Value> outcome) = 0;
  /// What a step of one request did may have happened: told before its outcome. REQUIRES: site.recorded.
  virtual void may_have_happened(const CallSite&) {}
  /// Whether it has been kept what was there before the effect of this key.
  virtual bool has_looked(const std::string&) const { return true; }
  /// Keeps it, {before, carriers, untold}; returns when that is durable.
  virtual Task<Status> keep_before(std::string, Value) { co_return Done{}; }
  /// Changes of the same run, made before it was taken out of memory, that will not come to its new gate.
  virtual std::vector<PastChange> changes_before() const { return {}; }
  /// The plan that the run is held to; nullptr: to none.
  virtual PlannedChanges* only() const { return nullptr; }
  /// What counts its changes together with those of the runs that it calls and that called it.
  virtual std::shared_ptr<ChangeCount> change_count() { return nullptr; }
};

/// One line of the change list: what a write did, or in a plan would do. The same line in a plan and in the live run
/// that follows, but for what only the run can tell.
struct Change {
  std::string step, action;
  Effect effect = Effect::update;
  std::string summary;
  Value target;             ///< text, or unknown
  std::string method;       ///< of its request; empty for files
  std::int64_t things = 1;  ///< that it changes, for limits: of a request for many, how many
  Value url, body;          ///< without secrets; unknown where only the run will tell. Of a file: its path, null
  std::string key = {};     ///< of the effect, in a live run; for the journal, not for people
  /// For the journal, too: {connection, location, input, entry}, where the action has an inverse.
  Value taken_back_by = {};
};

/// One thing that a list held when it was read. Of a large account there are many.
struct ReadThing {
  /// Of a fingerprint: 60 bits tell a change, and take no memory of their own.
  static constexpr std::size_t digits = 15;

  std::string name;    ///< for people; may be empty
  std::string answer;  ///< the beginning of a fingerprint of all that was said of it
};

/// A read that the far side answered, so that it can be told later whether the world has changed since.
struct Reading {
  std::string action, connection, location;
  std::string kind;      ///< of the things in it; may be empty
  std::string target;    ///< for people; may be empty
  std::string question;  ///< a fingerprint of the whole request
  std::string answer;    ///< a fingerprint of the answer without `things` and without what is new at each asking
  std::string failure;   ///< in its place, where there was none: the name of the error's code
  std::map<std::string, ReadThing> things;  ///< of a list: by id
};

/// What a run did at the gate, or would have done.
struct GateRecord {
  std::int64_t reads = 0;  ///< reads whose request left, tried again or not
  /// Effects that really left the gate: requests sent (whatever the answer, and however often) and files written.
  std::int64_t writes = 0;
  CallCounts calls;  ///< to far sides: that were made or, in a plan, that the live run would make
  /// In the order of their beginning; live: those that happened or may have happened. An effect that is tried again
  /// after an attempt that may have happened is still one change.
  std::vector<Change> changes;
  std::vector<std::string> notes;  ///< what the plan could not simulate, in sentences
  std::vector<Reading> readings;   ///< of a plan that keeps them: each read, as the far side answered it
  SeenThings seen;                 ///< the things that were read, for max_percent and for people
  std::optional<Error> limit;      ///< the safety limit that was passed, the first one
};

/// What a workflow's `safety` allows. Every change counts for `max_changes`, files included, and so does what called
/// workflows change. `max_percent` is of the things of the change's kind that were read before in the run, at the same
/// connection and location; files are of no kind and do not count for it, nor do messages and new things where nothing
/// of their kind was read. Where it is only some action's default, changes to what belongs where nothing was read are
/// not weighed; where the workflow says it, they are refused.
struct GateRules {
  Limits limits;
  std::shared_ptr<ChangeCount> count = {};  ///< against `max_changes`; nullptr: of this gate alone
  std::filesystem::path output_folder;      ///< files.write and reports go below it
  std::filesystem::path project_folder;     ///< what is read and uploaded lies below it
  bool keep_readings = false;               ///< a plan that will be kept, or is held against one that was
  PlannedChanges* only = nullptr;           ///< where given, no other change leaves a live gate; outlives it
  Ledger* ledger = nullptr;                 ///< of a journaled run; outlives the gate
  bool keeps_before = true;                 ///< what was there before a write goes into the ledger, for an undo
  /// What `permissions` allows, the workflow's and the project's: each has to allow what is done.
  std::vector<std::shared_ptr<const Bounds>> bounds = {};
};

/// The one way out: every request, file and durable value of every plugin passes here. One gate per run; loop thread
/// only.
///
/// Errors are sentences with their cure and without secrets. `unsure`: a write that must not be sent twice left, and no
/// answer came. `limited`: a safety limit stopped it. What comes back is free of secrets, too.
class Gate {
 public:
  virtual ~Gate() = default;

  /// Performs an action that the manifest maps to a request; gives its output.
  virtual Task<Result<Value>> perform(const Action& action, Value input, CallSite site) = 0;
  /// A request that a plugin's library built itself; `action` declares the effect. Gives {status, headers, body}.
  virtual Task<Result<Value>> request(const Action& action, RequestParts parts, Value input, CallSite site) = 0;
  /// Writes below the output folder; gives {file, bytes}.
  virtual Task<Result<Value>> write_file(const Action& action, std::string path, std::string content,
                                         CallSite site) = 0;
  /// Reads the file of the project that the input names, for an action that does nothing else (Action::reads_file).
  virtual Task<Result<Value>> read_file(const Action& action, Value input);
  /// Before the first of `count` changes by `action`: `limited` where they would pass a safety limit, so that a live
  /// run does nothing by half. A plan lists them all and is not stopped.
  virtual Status announce(const Action& action, std::int64_t count, const CallSite& site) = 0;
  virtual StateStore& state() = 0;

  /// What an earlier step of the run read, before the run was taken out of memory: it still counts for `max_percent`.
  void recall(const Action& action, const ThingPlace& place, const Value& output);

  const GateRecord& record() const& noexcept { return record_; }
  GateRecord record() && { return std::move(record_); }
  /// The lines that the change list has gained since it was last asked, in the order in which they came to it: of
  /// parallel writes not always that of the list itself.
  std::vector<Change> take_new_changes() { return std::exchange(new_changes_, {}); }

 protected:
  GateRecord record_;
  std::vector<Change> new_changes_;
};

class Courier;
class WrittenFiles;

/// What lies around the gates of a process, the same for all of them; it outlives them.
struct Outside {
  Loop& loop;
  Courier& courier;
  Secrets& secrets;  ///< kept out of change lists and files
  StateStore& states;
  WrittenFiles& written_files;
};

/// Reads and writes for real. A write that would pass a limit is refused with `limited`, and so is each after it.
std::unique_ptr<Gate> open_live_gate(Outside outside, GateRules rules);

/// Reads for real; writes become lines of the change list and are laid over what is read later. It has no way to write.
/// A limit that is passed is recorded, and the listing goes on.
std::unique_ptr<Gate> open_planning_gate(Outside outside, GateRules rules);

/// Reads for real, for those who may do nothing else: `who` ("a watch") is what a refusal calls them. Each write is
/// `denied` before anything leaves, a file too. What a library keeps for itself is kept at once. No run is behind it,
/// so its record remembers no things. Of the rules it has the bounds.
std::unique_ptr<Gate> open_reading_gate(Courier& courier, StateStore& states, std::string who, GateRules rules = {});

}  // namespace millrace
