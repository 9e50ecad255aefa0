#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
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

namespace millrace {

/// Where in a run an effect comes from, and what it may use.
struct CallSite {
  std::string step;        ///< for people: the step's id or path, with the item: "removed[3]"
  std::string location;    ///< empty where the run has none
  std::string connection;  ///< empty where the step has none
  std::string key;         ///< stable for every attempt of this effect
  Deadline deadline;
};

/// One line of the change list: what a write did, or in a plan would do. The same line in a plan and in the live run
/// that follows, but for what only the run can tell.
struct Change {
  std::string step, action;
  Effect effect = Effect::update;
  std::string summary;
  Value target;        ///< text, or unknown
  std::string method;  ///< of its request; empty for files
  Value url, body;     ///< without secrets; unknown where only the run will tell. Of a file: its path, null
};

/// What a run did at the gate, or would have done.
struct GateRecord {
  std::int64_t reads = 0;  ///< reads whose request left, tried again or not
  std::int64_t writes =
      0;  ///< effects that really left the gate: requests sent (whatever the answer) and files written
  std::vector<Change> changes;     ///< in the order of their beginning; live: those that happened or may have happened
  std::vector<std::string> notes;  ///< what the plan could not simulate, in sentences
  std::map<std::string, std::set<std::string>> seen;  ///< by kind of thing: the ids that were read, for max_percent
  std::optional<Error> limit;                         ///< the safety limit that was passed, the first one
};

/// What a workflow's `safety` allows. Every change counts for `max_changes`, files included. `max_percent` is of the
/// things of the change's kind that were read before in the run; files are of no kind and do not count for it.
struct GateRules {
  std::optional<std::int64_t> max_changes;
  std::optional<double> max_percent;
  std::filesystem::path output_folder;  ///< files.write and reports go below it
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
  virtual StateStore& state() = 0;

  const GateRecord& record() const noexcept { return record_; }

 protected:
  GateRecord record_;
};

/// How the border behaves; tests steer its waits.
struct BorderOptions {
  std::string version;                                  ///< said in User-Agent
  Duration request_timeout = std::chrono::seconds(30);  ///< for one attempt, within the site's deadline
  std::size_t max_response_bytes = 16u << 20;
  std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
  std::function<Task<bool>(Duration)> pause = sleep_for;  ///< between attempts, and until a budget is renewed
  std::function<double()> jitter;                         ///< from 0 to 1; random unless set
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

}  // namespace millrace
