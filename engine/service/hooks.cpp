#include "service/hooks.hpp"

#include <algorithm>
#include <utility>

#include "decider/run_state.hpp"
#include "http/answers.hpp"
#include "trigger/delivery.hpp"

namespace millrace {

namespace {

/// How long a sender waits for a run with respond: wait; then it learns which run it is, and the run goes on.
constexpr Duration longest_answer = std::chrono::seconds(30);

/// A sender hears that it is not known (401), that what it sent cannot be read, or to come back: whatever else fails
/// here is ours to mend.
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
      return 503;
  }
  return 503;
}

OutgoingResponse refused(const Error& error) {
  return refusal(status_for_sender(error.code), name_of(error.code), error.message);
}

/// The answer to a delivery of which nothing was written says so, whatever its body is.
OutgoingResponse marked(OutgoingResponse response, bool dry_run) {
  if (dry_run) response.headers.add("Millrace-Dry-Run", "true");
  return response;
}

/// {"event":"...","runs":["..."]}, with "dry_run":true where it is one: names of ours, so nothing in them needs
/// escaping.
OutgoingResponse receipt(const Committed& committed, bool dry_run) {
  std::string text = "{\"event\":\"" + render(committed.event) + "\",\"runs\":[";
  for (std::size_t i = 0; i < committed.runs.size(); ++i) {
    text += (i == 0 ? "\"" : ",\"") + render(committed.runs[i]) + "\"";
  }
  text += dry_run ? "],\"dry_run\":true}" : "]}";
  return marked(text_answer(202, "application/json", std::move(text)), dry_run);
}

bool left_out(RunOutcome outcome, const std::string& note) { return outcome == RunOutcome::skipped && !note.empty(); }

/// What a sender hears of the run it waited for. One that was left out, by a pause for example, has no output.
OutgoingResponse told(const RunEnd& end, const Committed& committed, bool dry_run) {
  if (left_out(end.outcome, end.note)) return receipt(committed, dry_run);
  if (end.outcome == RunOutcome::completed || end.outcome == RunOutcome::skipped)
    return marked(json_answer(200, end.output), dry_run);
  const Value unsaid = Value::object({{"code", name_of(end.outcome)}, {"message", end.note}});
  Map error;
  error.set("error", end.failure ? failure_value(*end.failure) : unsaid);
  error.set("run", render(committed.runs.front()));
  if (dry_run) error.set("dry_run", true);
  return marked(json_answer(500, Value(std::move(error))), dry_run);
}

/// Whether all that a delivery starts are dry runs.
bool all_dry(const std::vector<Listener>& listeners) {
  return !listeners.empty() && std::all_of(listeners.begin(), listeners.end(),
                                           [](const Listener& each) { return each.live->workflow->mode == "dry_run"; });
}

}  // namespace

Hooks::Hooks(ServiceWorld world, ServiceBudget budget, Dispatcher& dispatcher, FaultyDeliveries& faults,
             const std::shared_ptr<Sources>& sources)
    : world_(world), budget_(budget), dispatcher_(dispatcher), faults_(faults), sources_(sources) {}

Task<OutgoingResponse> Hooks::answer(IncomingRequest request) {
  constexpr std::string_view prefix = "/hooks/";
  if (closed_) co_return refusal(503, "unavailable", "the service is stopping");
  const auto path = percent_decode(std::string_view(request.path).substr(prefix.size()));
  const auto source = path ? sources_->find_hook(*path) : nullptr;
  if (source == nullptr) co_return refusal(404, "not_found", "no workflow listens at this address");
  if (source->under_way >= budget_.requests_per_source)
    co_return refusal(429, "limited", "too many deliveries at once");
  if (unwritten_bytes_ + request.body.size() > budget_.unwritten_bytes)
    co_return refusal(503, "unavailable", "too much is waiting for the disk");
  const std::size_t bytes = request.body.size();
  ++source->under_way;
  unwritten_bytes_ += bytes;
  auto response = co_await deliver(source, std::move(request));
  unwritten_bytes_ -= bytes;
  --source->under_way;
  co_return response;
}

/// Everything about a delivery that can be said before it is written down.
Result<Hooks::Delivery> Hooks::read(const HookSource& source, const IncomingRequest& request) {
  const TriggerSpec& spec = source.listeners.front().spec();
  const Verified verified = TRY(verify(source.verifier, request, world_.secrets, world_.clock.now()));
  const Value body = TRY(read_delivery(spec, request));
  Delivery delivery;
  delivery.received = TRY(receive(spec, world_.catalog, body));
  Occurrence& occurrence = delivery.occurrence;
  occurrence.payload = delivery.received.event;
  occurrence.source = "hook:" + source.path;
  occurrence.trigger = spec.kind == "plugin" ? spec.name : "webhook";
  if (delivery.received.left_out.empty()) {
    occurrence.id = TRY(dedupe_id(spec, verified, request, occurrence.payload));
    occurrence.listeners = listeners_of(source, occurrence.payload);
  } else {
    occurrence.id = verified.id;  // `dedupe` may be an expression over an event, and this is none
  }
  faults_.lay_into(occurrence, delivery.received);
  return delivery;
}

/// Those whose conditions hold.
std::vector<Listener> Hooks::listeners_of(const HookSource& source, const Value& event) {
  std::vector<Listener> found;
  candidates_.clear();
  source.index.candidates(event, candidates_);
  std::optional<Bindings> names;
  for (const std::size_t number : candidates_) {
    const Listener& listener = source.listeners[number];
    if (listener.spec().condition) {
      if (!names) names = condition_names(event, world_.clock.now());
      if (!wants(listener, *names)) continue;
    }
    found.push_back(listener);
  }
  return found;
}

Task<OutgoingResponse> Hooks::deliver(std::shared_ptr<HookSource> source, IncomingRequest request) {
  auto delivery = read(*source, request);
  if (!delivery) co_return refused(delivery.error());
  bool dry_run = all_dry(delivery->occurrence.listeners);
  auto accepted = co_await dispatcher_.accept(std::move(delivery->occurrence));
  if (!accepted) {
    // Where the disk is full or the store has failed, the sender shall come back: nothing was promised.
    Error error = accepted.error();
    if (error.code == ErrorCode::invalid) co_return refusal(422, "invalid", error.message);
    error.code = ErrorCode::unavailable;
    co_return refused(error);
  }
  if (!accepted->duplicate) faults_.note("hook:" + source->path, delivery->received);
  if (accepted->duplicate) dry_run = co_await were_dry(accepted->runs);
  if (!source->waits || accepted->runs.empty()) co_return receipt(*accepted, dry_run);
  auto response = co_await wait_for(std::move(*accepted), dry_run);
  co_return response;
}

/// The output of the run, or the receipt where it takes too long or rests. A repeated delivery hears the same.
Task<OutgoingResponse> Hooks::wait_for(Committed committed, bool dry_run) {
  const RunKey run = committed.runs.front();
  const Deadline deadline = Deadline::in(longest_answer);
  const bool patient = false;
  const auto end = co_await dispatcher_.wait_for_end(run, deadline, patient);
  if (!end || !*end) co_return receipt(committed, dry_run);
  co_return told(**end, committed, dry_run);
}

/// The same of runs that an earlier delivery has started: the workflow's mode may be another by now.
Task<bool> Hooks::were_dry(std::vector<RunKey> runs) {
  for (const RunKey run : runs) {
    const auto stored = co_await world_.store.journal().read(run);
    if (!stored || stored->head.live || left_out(stored->head.outcome, stored->head.note)) co_return false;
  }
  co_return !runs.empty();
}

}  // namespace millrace
