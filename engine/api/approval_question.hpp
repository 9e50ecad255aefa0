#pragma once

#include <optional>
#include <string>

#include "decider/event.hpp"
#include "journal/journal.hpp"
#include "workflow/model.hpp"

namespace millrace {

/// What a run asks of a person.
struct ApprovalQuestion {
  StepPath step;
  std::string message;
  Timestamp asked;
  std::optional<Timestamp> until;  ///< nobody can answer from then on
  Value facts = {};                ///< what is known of it: {count, changes, notes} of what a yes allows; or null
};

/// Nothing where the run does not wait for an approval. REQUIRES: the workflow is the version that the run began with.
std::optional<ApprovalQuestion> find_question(const StoredRun& run, const Workflow& workflow);

}  // namespace millrace
