#include "runtime/run_notes.hpp"

#include <algorithm>
#include <utility>

#include "courier/post.hpp"
#include "decider/run_state.hpp"
#include "decider/story.hpp"

namespace millrace {

std::string not_sent_to(const Workflow& workflow, const Catalog& catalog, const StepSucceeded& done) {
  const auto* step = std::get_if<ActionStep>(&step_at(workflow, done.path).what);
  const Action* action = step != nullptr ? catalog.find_action(step->action) : nullptr;
  return action != nullptr && action->mails() ? not_sent_to(done.output) : "";
}

void RunNotes::say(std::string sentence) {
  if (std::find(notes.begin(), notes.end(), sentence) == notes.end()) notes.push_back(std::move(sentence));
}

void RunNotes::add(const Workflow& workflow, const RunEvent& event) {
  if (const auto* undecided = std::get_if<StepUndecided>(&event.what)) return tell_undecided(workflow, *undecided);
  const auto end = end_in(event);
  if (!end) return;
  const auto* action = std::get_if<ActionStep>(&step_at(workflow, *end->path).what);
  steps.push_back({label_of(workflow, *end->path), action != nullptr ? action->action : "",
                   std::string(name_of(end->status)),
                   end->failure != nullptr ? std::optional(*end->failure) : std::nullopt});
}

void RunNotes::tell_undecided(const Workflow& workflow, const StepUndecided& event) {
  const std::string what = event.unknown.is_unknown() ? event.unknown.unknown_what() : "a value of the run";
  const SourceMark& at = step_at(workflow, event.path).at;
  const std::string place = at.source != nullptr ? at.source->name + ":" + std::to_string(at.line) : render(event.path);
  undecided = true;
  notes.push_back("whether the step at " + place + " runs cannot be known before the run: it depends on " + what);
}

}  // namespace millrace
