#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "async/loop.hpp"
#include "catalog/catalog.hpp"
#include "courier/call_site.hpp"
#include "gate/gate.hpp"
#include "journal/store.hpp"
#include "rehearsal/made_changes.hpp"
#include "value/value.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// The source of the events of runs that undo another; their ids begin with the name of that run.
inline constexpr const char* undo_source = "undo";
/// In these events: the runs that are undone together with it, because it called them.
inline constexpr const char* undone_together = "called";

/// One action that takes something back.
struct Reversal {
  const Action* action;
  std::string connection;
  Value input;
};

/// What undoing a run does, and what it does not.
struct Undo {
  std::vector<Reversal> reversals;      ///< in the order in which they are done: what came last is taken back first
  std::vector<std::string> not_undone;  ///< what cannot be taken back or does not come back, in sentences
  std::vector<std::string> left_alone;  ///< what was changed by others since, or is as it was already, in sentences
};

/// Why a run cannot be undone at all, whatever it did: it has not ended, or it was a dry run.
std::optional<Error> not_undoable(const StoredRun& run);

/// The runs that have undone this one, or have tried to, newest first.
Task<Result<std::vector<RunHead>>> undone_by(Store& store, RunKey run);
/// The same, with those that have undone it together with a run that called it. REQUIRES: `run` outlives the task.
Task<Result<std::vector<RunHead>>> undone_at_all(Store& store, const StoredRun& run);
/// Why it is not undone once more; nothing where the last try came to nothing or to a part of it, so that the rest can
/// be undone. Times as the clocks of `zone` show them.
Task<std::optional<Error>> undone_already(Store& store, RunKey run, std::vector<RunHead> by, std::string zone);

/// The runs that this one has called, and those that these have, which changed something and are not undone. REQUIRES:
/// `run` outlives the task.
Task<Result<std::vector<StoredRun>>> left_to_undo_of_called(Store& store, const StoredRun& run, std::string zone);

/// Says how to undo the changes of a run in the world of today: it is looked at what there is now, by `gate`, and what
/// others have changed since is left alone. `before`: what tries before this one have changed, and still stands; what
/// they made again and no probe finds is not made once more. REQUIRES: everything given outlives the task. The error
/// says that the far side cannot be asked now.
Task<Result<Undo>> undo_of(std::vector<MadeChange> changes, std::vector<MadeChange> before, Gate& gate,
                           const Catalog& catalog, const Project& project, Timestamp now);

/// The workflow that does it, as text, and its event with all that is put back.
struct UndoWorkflow {
  std::string id, text;
  Value event;
};
/// `called`: the runs that are undone together with the one that called them.
UndoWorkflow workflow_of(const Undo& undo, const RunHead& undone, const std::vector<RunKey>& called = {});
/// Its id: what the runs are called that undo this one.
std::string undo_name(RunKey run);

}  // namespace millrace
