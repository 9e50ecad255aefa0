#include "service/hook_answers.hpp"

#include <string>
#include <utility>

#include "http/answers.hpp"
#include "service/records.hpp"

namespace millrace {

namespace {

int status_for_sender(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid:
      return 400;
    case ErrorCode::denied:
      return 401;
    case ErrorCode::limited:
      return 429;
    case ErrorCode::not_found:
    case ErrorCode::conflict:
    case ErrorCode::timeout:
    case ErrorCode::cancelled:
    case ErrorCode::unavailable:
    case ErrorCode::unsure:
    case ErrorCode::internal:
    case ErrorCode::unconnected:
      return 503;
  }
  return 503;
}

/// The answer to a delivery of which nothing was written says so, whatever its body is.
OutgoingResponse marked(OutgoingResponse response, bool dry_run) {
  if (dry_run) response.headers.add("Millrace-Dry-Run", "true");
  return response;
}

}  // namespace

Refusal refusal_of(const Error& error) {
  return {status_for_sender(error.code), std::string(name_of(error.code)), error.message};
}

OutgoingResponse receipt(const Committed& committed, bool dry_run) {
  // Names of ours, so nothing in them needs escaping.
  std::string text = "{\"event\":\"" + render(committed.event) + "\",\"runs\":[";
  for (std::size_t i = 0; i < committed.runs.size(); ++i) {
    text += (i == 0 ? "\"" : ",\"") + render(committed.runs[i]) + "\"";
  }
  text += dry_run ? "],\"dry_run\":true}" : "]}";
  return marked(text_answer(202, "application/json", std::move(text)), dry_run);
}

OutgoingResponse to_check(const Value& challenge) {
  OutgoingResponse response = challenge.is_text() ? text_answer(200, "text/plain; charset=utf-8", challenge.text())
                                                  : json_answer(200, challenge);
  response.headers.add("X-Content-Type-Options", "nosniff");
  return response;
}

OutgoingResponse told(RunKey run, const RunEnd& end, const Committed& committed, bool dry_run) {
  if (left_out(end.outcome, end.note) || end.output.contains_unknown()) return receipt(committed, dry_run);
  if (end.outcome == RunOutcome::completed || end.outcome == RunOutcome::skipped)
    return marked(json_answer(200, end.output), dry_run);
  const Value unsaid = Value::object({{"code", name_of(end.outcome)}, {"message", end.note}});
  Map error;
  error.set("error", end.failure ? failure_value(*end.failure) : unsaid);
  error.set("run", render(run));
  if (dry_run) error.set("dry_run", true);
  return marked(json_answer(500, Value(std::move(error))), dry_run);
}

}  // namespace millrace
