#include "api/approval_question.hpp"

#include "decider/decide.hpp"
#include "decider/run_state.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

namespace millrace {

std::optional<ApprovalQuestion> find_question(const StoredRun& run, const Workflow& workflow) {
  if (has_ended(run.head.outcome)) return std::nullopt;
  const auto step = waiting_for_approval(workflow, state_after(workflow, run.events));
  if (!step) return std::nullopt;
  std::optional<ApprovalQuestion> question;
  for (const RunEvent& event : run.events) {
    const auto* prepared = std::get_if<QuestionPrepared>(&event.what);
    if (prepared != nullptr && question && prepared->path == *step) question->facts = prepared->facts;
    const auto* waits = std::get_if<StepWaiting>(&event.what);
    if (waits == nullptr || waits->path != *step) continue;
    const Value message = waits->message.value_or(Value(""));
    question = {*step, message.is_text() ? message.text() : encode_json(message), event.at, waits->until, {}};
  }
  if (!question) return question;
  if (const auto limit = step_at(workflow, *step).timeout) {
    const auto due = add(question->asked, *limit);
    if (due && (!question->until || *due < *question->until)) question->until = *due;
  }
  return question;
}

}  // namespace millrace
