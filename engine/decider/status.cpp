#include "decider/status.hpp"

#include "base/text.hpp"
#include "workflow/model.hpp"

namespace millrace {

std::string render(const StepPath& path) {
  std::string text;
  for (const std::uint32_t part : path) {
    if (!text.empty()) text += '/';
    text += part == handler_block ? "on_error" : std::to_string(part);
  }
  return text;
}

std::string_view name_of(StepStatus status) noexcept {
  switch (status) {
    case StepStatus::waiting:
      return "waiting";
    case StepStatus::running:
      return "running";
    case StepStatus::succeeded:
      return "succeeded";
    case StepStatus::failed:
      return "failed";
    case StepStatus::skipped:
      return "skipped";
    case StepStatus::unsure:
      return "unsure";
  }
  return "";
}

std::string_view name_of(RunOutcome outcome) noexcept {
  switch (outcome) {
    case RunOutcome::running:
      return "running";
    case RunOutcome::completed:
      return "completed";
    case RunOutcome::failed:
      return "failed";
    case RunOutcome::skipped:
      return "skipped";
    case RunOutcome::waiting:
      return "waiting";
    case RunOutcome::stopped_by_safety:
      return "stopped_by_safety";
    case RunOutcome::parked:
      return "parked";
    case RunOutcome::cancelled:
      return "cancelled";
  }
  return "";
}

Result<RunOutcome> parse_run_outcome(std::string_view name) {
  std::vector<std::string> known;
  for (std::uint8_t i = 0; i <= static_cast<std::uint8_t>(RunOutcome::cancelled); ++i) {
    const auto outcome = static_cast<RunOutcome>(i);
    if (name_of(outcome) == name) return outcome;
    known.emplace_back(name_of(outcome));
  }
  return Error{ErrorCode::invalid, "no run ends as \"" + std::string(name) + "\"" + did_you_mean(name, known)};
}

}  // namespace millrace
