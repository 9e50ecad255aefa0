#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "async/loop.hpp"
#include "courier/courier.hpp"
#include "journal/store.hpp"
#include "rehearsal/foreground.hpp"
#include "rehearsal/undo.hpp"
#include "value/clock.hpp"
#include "workflow/model.hpp"

namespace millrace {

/// What an undo is prepared with. It is only read, and outlives the task.
struct UndoWorld {
  Store& store;
  Courier& courier;
  const Project& project;
  const Catalog& catalog;
  Clock& clock;
};

/// An undo that was thought through in the world of this moment: what it does, and as which workflow.
struct PreparedUndo {
  RunHead undone;
  Undo undo;
  std::shared_ptr<const Workflow> workflow;  ///< null where nothing is to be done
  Value event;
  std::size_t tries = 0;  ///< how often it was tried before, and came to nothing or to a part of it
};

/// Prepares to undo a run; the error says in words why it cannot be undone, or not now.
Task<Result<PreparedUndo>> prepare_undo(UndoWorld world, RunKey run);

/// The run that does it, or plans to. Of a run that undoes another the store takes one for each try.
Assignment assignment_of(const PreparedUndo& prepared, bool live);

/// What it would do and what it says is lost, in a word: another one where the world has become another. Empty where
/// there is nothing to do.
std::string fingerprint_of(const PreparedUndo& prepared);

/// The plan of an undo as programs see it: {undoes, plan, changes, cannot_be_restored, left_alone, error}.
Value encode_undo_plan(const PreparedUndo& prepared, const std::vector<RunReport>& planned);

}  // namespace millrace
