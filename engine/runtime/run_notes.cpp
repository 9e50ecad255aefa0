#include "runtime/run_notes.hpp"

#include <algorithm>
#include <utility>

#include "decider/run_state.hpp"

namespace millrace {

void RunNotes::say(std::string sentence) {
  if (std::find(notes.begin(), notes.end(), sentence) == notes.end()) notes.push_back(std::move(sentence));
}

void RunNotes::add(const Workflow& workflow, const RunEvent& event) {
  if (event.type == RunEvent::Type::step_undecided) {
    const std::string what = event.data.is_unknown() ? event.data.unknown_what() : "a value of the run";
    const SourceMark& at = step_at(workflow, event.path).at;
    const std::string place =
        at.source != nullptr ? at.source->name + ":" + std::to_string(at.line) : render(event.path);
    notes.push_back("whether the step at " + place + " runs cannot be known before the run: it depends on " + what);
  }
  const bool ended = event.type == RunEvent::Type::step_succeeded || event.type == RunEvent::Type::step_skipped ||
                     (event.type == RunEvent::Type::step_failed && !event.at_again);
  if (!ended) return;
  const Step& step = step_at(workflow, event.path);
  const auto* action = std::get_if<ActionStep>(&step.what);
  StepReport told;
  told.step = label_of(workflow, event.path);
  told.action = action != nullptr ? action->action : "";
  told.outcome = event.type == RunEvent::Type::step_succeeded ? "succeeded"
                 : event.type == RunEvent::Type::step_skipped ? "skipped"
                                                              : "failed";
  if (event.failure && event.failure->code == ErrorCode::unsure) told.outcome = "unsure";
  told.error = event.failure;
  steps.push_back(std::move(told));
}

}  // namespace millrace
