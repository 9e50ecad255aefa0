#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "decider/event.hpp"
#include "workflow/model.hpp"

namespace millrace {

/// One step that ended, for people and for `--json`.
struct StepReport {
  std::string step, action;
  std::string outcome;  ///< succeeded | failed | skipped | unsure
  std::optional<Error> error;
};

/// Who has not got the mail that the step sent, as not_sent_to has it; empty where all have it, and of other steps.
std::string not_sent_to(const Workflow& workflow, const Catalog& catalog, const StepSucceeded& done);

/// What a person at the terminal reads of a run, gathered from its events.
class RunNotes {
 public:
  void add(const Workflow& workflow, const RunEvent& event);
  /// A sentence, once.
  void say(std::string sentence);

  std::vector<StepReport> steps;   ///< in the order of their end; steps inside loops included
  std::vector<std::string> notes;  ///< what could not be known before the run, and what to look at besides
  bool undecided = false;          ///< of a step it could not be known whether it runs

 private:
  void tell_undecided(const Workflow& workflow, const StepUndecided& event);
};

}  // namespace millrace
