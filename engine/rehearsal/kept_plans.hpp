#pragma once

#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/loop.hpp"
#include "courier/calls.hpp"
#include "journal/store.hpp"
#include "rehearsal/foreground.hpp"
#include "rehearsal/plan_file.hpp"

namespace millrace {

/// What is to be planned.
struct PlanOrder {
  std::shared_ptr<const Workflow> workflow;  ///< without errors
  std::filesystem::path file;                ///< of it, beneath the project's folder
  bool of_project = true;                    ///< its text is that of the file
  Value event;
  std::string example;   ///< the trigger whose example the event is; empty: somebody gave it
  std::string location;  ///< the only one, by choice; empty: all of the workflow
  std::vector<std::string> locations;
};

/// Why a plan was not applied.
struct NotApplied {
  Error error;
  std::vector<std::string> differences = {};  ///< of the world, where that is why
};

/// A plan that the service keeps, as far as it has come.
struct KeptPlan {
  enum class State : std::uint8_t {
    planning,
    planned,
    comparing,  ///< with the world of now, before it is applied
    applying,
    applied,  ///< its runs have ended, however
  };
  std::string id;
  std::string who;
  Timestamp made;
  State state = State::planning;
  PlanFile plan;  ///< its runs are there when it is planned
  std::shared_ptr<const Workflow> workflow = {};
  bool of_project = true;
  std::string example = {};
  std::size_t locations = 0, locations_done = 0;
  std::vector<std::int64_t> reads = {};    ///< of each run
  CallCounts calls = {};                   ///< of all
  std::vector<std::string> runs = {};      ///< when it is applied: those that do it
  std::vector<Change> not_made = {};       ///< when they have ended: in the plan, and not done
  std::optional<NotApplied> refused = {};  ///< why it was not applied when it was to be last
};
std::string_view name_of(KeptPlan::State state) noexcept;

/// Makes plans for people who look at them somewhere else, keeps the newest ones as long as the service runs, and
/// applies them under the same conditions as `apply`. Loop thread only.
class KeptPlans {
 public:
  static constexpr std::size_t most = 30;

  /// REQUIRES: what it works with outlives it, and `stop` has ended before it does.
  KeptPlans(ForegroundWorld world, Store& store) : world_(std::move(world)), store_(store), scope_(world_.loop) {}

  /// Begins to plan, and gives the name of the plan. `limited`: too many are being made.
  Result<std::string> make(PlanOrder order, std::string who);
  /// The newest first.
  std::vector<std::shared_ptr<const KeptPlan>> all() const;
  std::shared_ptr<const KeptPlan> find(const std::string& id) const;
  /// Calls off one that is being made. `conflict`: it is being applied.
  Status remove(const std::string& id);

  /// Compares it with the world of now, and begins its runs where nothing is different; gives it back as it is then,
  /// with its runs, the first of which can be read by then, or why it was refused. It goes on where whoever asked is
  /// called off.
  Task<Result<std::shared_ptr<const KeptPlan>>> apply(std::string id, std::string who);

  /// Takes back what a run has changed, where what that does is still `seen`, the `plan` of encode_undo_plan; gives the
  /// run that does it, which goes on by itself. `conflict`: the world has changed since, or it cannot be undone.
  Task<Result<std::string>> undo(RunKey run, std::string seen, std::string who);

  /// Calls everything off that is under way, and waits for it.
  Task<void> stop();

 private:
  struct Entry : KeptPlan {
    OffSwitch off_switch;
    News decided;  ///< whether it is applied
  };
  using Kept = std::shared_ptr<Entry>;
  Kept entry(const std::string& id) const;
  Result<Done> make_room();
  Task<void> plan(Kept kept, Assignment assignment);
  Task<Error> begun_already(Kept kept);
  Task<std::optional<NotApplied>> compare(Kept kept, Assignment& assignment);
  Task<void> apply_compared(Kept kept, std::string who);
  Task<void> carry_out(Kept kept, Assignment assignment);
  Task<void> until_there(std::string run, std::function<bool()> over);
  Task<Result<std::string>> begin_undo(RunKey run, std::string seen, std::string who);
  Task<void> carry_out_undo(std::string undone, Assignment assignment, std::vector<Change> changes);

  ForegroundWorld world_;
  Store& store_;
  std::deque<Kept> plans_;                    // the newest first
  std::map<std::string, OffSwitch> undoing_;  // by the run that is undone
  Scope scope_;
};

}  // namespace millrace
