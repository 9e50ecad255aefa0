#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
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
#include "http/http_client.hpp"
#include "journal/state_store.hpp"
#include "secret/secrets.hpp"
#include "value/value.hpp"
#include "workflow/project.hpp"
#include "workflow/safety.hpp"

namespace millrace {

/// Where in a run an effect comes from, and what it may use.
struct CallSite {
  std::string step;        ///< for people: the step's id or path, with the item: "removed[3]"
  std::string location;    ///< empty where the run has none
  std::string connection;  ///< empty where the step has none
  std::string key;    ///< the same for every attempt of this effect, wherever and whenever: receivers know it by that
  std::string entry;  ///< under which the run's ledger knows it
  Deadline deadline;
  StateOverlay* states = nullptr;  ///< what a library keeps goes here; nothing: where the gate keeps it
  std::string occurrence = {};     ///< the same for the runs of all locations of one event; empty: not known
  bool overwrites = false;         ///< the step asks to replace what another one of the same occurrence wrote
  bool recorded = false;     ///< that this write is about to leave is in the journal already: it is the step itself
  bool left_before = false;  ///< it may have been done already, before the engine was started again
};

/// The kind of thing that an action touches: its resource's, else what stands before ':' in its target; may be empty.
std::string kind_touched(const Action& action);

/// A change that counts for the limits, although it was made before.
struct PastChange {
  std::string kind;  ///< of the thing; empty for files
  std::string target;
  std::string key = {};  ///< of the effect: what comes under it again is the same change
};

/// What a ledger knows of a write that is about to leave.
struct Known {
  std::optional<Value> answer;  ///< it happened before, and this was its answer; nothing: send it
  bool left_before = false;     ///< it may have happened before, and may be sent again
};

/// Remembers the writes inside a step (those of a job), so that a restart neither repeats nor loses one.
class Ledger {
 public:
  virtual ~Ledger() = default;
  /// Before a write leaves; returns when that is durable. `unsure`: it was about to leave when the engine stopped, and
  /// nobody may send it twice unasked.
  virtual Task<Result<Known>> begin(const Action& action, CallSite site) = 0;
  /// How it ended. Not called where the outcome is unsure.
  virtual Task<Status> end(const Action& action, CallSite site, Result<Value> outcome) = 0;
  /// Changes of the same run, made before it was taken out of memory, that will not come to its new gate.
  virtual std::vector<PastChange> changes_before() const { return {}; }
};

/// One line of the change list: what a write did, or in a plan would do. The same line in a plan and in the live run
/// that follows, but for what only the run can tell.
struct Change {
  std::string step, action;
  Effect effect = Effect::update;
  std::string summary;
  Value target;          ///< text, or unknown
  std::string method;    ///< of its request; empty for files
  Value url, body;       ///< without secrets; unknown where only the run will tell. Of a file: its path, null
  std::string key = {};  ///< of the effect, in a live run; for the journal, not for people
};

/// One thing that a list held when it was read.
struct ReadThing {
  std::string name;    ///< for people; may be empty
  std::string answer;  ///< a fingerprint of all that was said of it
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
  /// In the order of their beginning; live: those that happened or may have happened. An effect that is tried again
  /// after an attempt that may have happened is still one change.
  std::vector<Change> changes;
  std::vector<std::string> notes;  ///< what the plan could not simulate, in sentences
  std::vector<Reading> readings;   ///< of a plan that keeps them: each read, as the far side answered it
  /// By kind of thing: the ids that were read, for max_percent, with their names for people, which may be empty.
  std::map<std::string, std::map<std::string, std::string>> seen;
  std::optional<Error> limit;  ///< the safety limit that was passed, the first one
};

class PlannedChanges;

/// What a workflow's `safety` allows. Every change counts for `max_changes`, files included. `max_percent` is of the
/// things of the change's kind that were read before in the run; files are of no kind and do not count for it. Where it
/// is only some action's default, changes to kinds that were not read are not weighed; where the workflow says it, they
/// are refused.
struct GateRules {
  Limits limits;
  std::filesystem::path output_folder;  ///< files.write and reports go below it
  bool keep_readings = false;           ///< a plan that will be kept, or is held against one that was
  PlannedChanges* only = nullptr;       ///< where given, no other change leaves a live gate; outlives it
  Ledger* ledger = nullptr;             ///< of a journaled run; outlives the gate
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
  /// Before the first of `count` changes by `action`: `limited` where they would pass a safety limit, so that a live
  /// run does nothing by half. A plan lists them all and is not stopped.
  virtual Status announce(const Action& action, std::int64_t count) = 0;
  virtual StateStore& state() = 0;

  /// What an earlier step of the run read, before the run was taken out of memory: it still counts for `max_percent`.
  void recall(const Action& action, const Value& output);

  const GateRecord& record() const noexcept { return record_; }
  /// The lines that the change list has gained since it was last asked, in the order in which they came to it: of
  /// parallel writes not always that of the list itself.
  std::vector<Change> take_new_changes() { return std::exchange(new_changes_, {}); }

 protected:
  GateRecord record_;
  std::vector<Change> new_changes_;
};

/// How the border behaves; tests steer its waits.
struct BorderOptions {
  std::string version;                                  ///< said in User-Agent
  Duration request_timeout = std::chrono::seconds(30);  ///< for one attempt, within the site's deadline
  std::size_t max_response_bytes = 16u << 20;
  std::function<std::chrono::steady_clock::time_point()> now = steady_now;
  std::function<Task<bool>(Duration)> pause = sleep_for;  ///< between attempts, and until a budget is renewed
  std::function<double()> jitter;                         ///< from 0 to 1; random unless set
  /// A service waits where the far side is down: after three requests in a row that did not get through, the others of
  /// that connection wait until one does, and none of them fails for it. Off: each fails by itself, as a person at the
  /// terminal expects.
  bool wait_while_down = false;
  /// Told once when a connection goes down (with the reason) and once when it is back (empty).
  std::function<void(const std::string& connection, const std::string& reason)> on_down = {};
  /// Told when what a far side says of a connection's token changes: refused (with the sentence), or taken (empty).
  std::function<void(const std::string& connection, const std::string& problem)> on_token = {};
};

/// How a connection does, for people and metrics.
struct ConnectionHealth {
  std::string name;
  bool down = false;
  std::string reason;
  std::int64_t waiting = 0;                     ///< requests that wait for it to come back
  std::map<std::string, std::int64_t> answers;  ///< by status ("200"), or "none" where no answer came
  std::optional<std::int64_t> budget_remaining;
};

/// What all runs share: the connections with their tokens and request budgets.
class Border {
 public:
  struct Inner;
  explicit Border(std::unique_ptr<Inner> inner);
  ~Border();
  Border(const Border&) = delete;
  Border& operator=(const Border&) = delete;
  Inner& inner() noexcept { return *inner_; }
  std::vector<ConnectionHealth> health() const;

 private:
  std::unique_ptr<Inner> inner_;
};

/// REQUIRES: everything given outlives the border, and the border its gates.
std::unique_ptr<Border> open_border(Loop& loop, const Project& project, const Catalog& catalog, Secrets& secrets,
                                    HttpClient& client, StateStore& state, BorderOptions options = {});

/// Reads and writes for real. A write that would pass a limit is refused with `limited`, and so is each after it.
std::unique_ptr<Gate> open_live_gate(Border& border, GateRules rules);

/// Reads for real; writes become lines of the change list and are laid over what is read later. It has no way to write.
/// A limit that is passed is recorded, and the listing goes on.
std::unique_ptr<Gate> open_planning_gate(Border& border, GateRules rules);

/// Reads for real, for those who may do nothing else: `who` ("a watch") is what a refusal calls them. Each write is
/// `denied` before anything leaves, a file too. What a library keeps for itself is kept at once. No run is behind it,
/// so its record remembers no things.
std::unique_ptr<Gate> open_reading_gate(Border& border, std::string who);

}  // namespace millrace
