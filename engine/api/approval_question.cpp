#include "api/approval_question.hpp"

#include <algorithm>

#include "decider/decide.hpp"
#include "decider/run_state.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

namespace millrace {

std::optional<ApprovalQuestion> find_question(const StoredRun& run, const Workflow& workflow) {
  if (has_ended(run.head.outcome)) return std::nullopt;
  const auto step = waiting_for_approval(workflow, state_after(workflow, run.events));
  if (!step) return std::nullopt;
  const auto waits = std::find_if(run.events.rbegin(), run.events.rend(), [&step](const RunEvent& event) {
    return event.type == RunEvent::Type::step_waiting && event.path == *step;
  });
  if (waits == run.events.rend()) return std::nullopt;
  ApprovalQuestion question{*step, "", waits->at, waits->at_again};
  if (const Value* message = waits->data.find("message"))
    question.message = message->is_text() ? message->text() : encode_json(*message);
  if (const auto limit = step_at(workflow, *step).timeout) {
    const auto due = add(question.asked, *limit);
    if (due && (!question.until || *due < *question.until)) question.until = *due;
  }
  return question;
}

}  // namespace millrace
