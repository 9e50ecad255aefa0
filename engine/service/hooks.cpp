#include "service/hooks.hpp"

#include <utility>

#include "trigger/delivery.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

/// How long a sender waits for a run with respond: wait; then it learns which run it is, and the run goes on.
constexpr Duration longest_answer = std::chrono::seconds(30);

OutgoingResponse with_json(int status, std::string body) {
  OutgoingResponse response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

OutgoingResponse refuse(int status, std::string_view code, const std::string& message) {
  const Value error = Value::object({{"error", Value::object({{"code", code}, {"message", message}})}});
  OutgoingResponse response = with_json(status, encode_json(error));
  if (status == 429 || status == 503) response.headers.add("Retry-After", status == 429 ? "1" : "5");
  return response;
}

OutgoingResponse refuse(const Error& error) {
  switch (error.code) {
    case ErrorCode::invalid:
      return refuse(400, name_of(error.code), error.message);
    case ErrorCode::denied:
      return refuse(401, name_of(error.code), error.message);
    case ErrorCode::limited:
      return refuse(429, name_of(error.code), error.message);
    case ErrorCode::not_found:
    case ErrorCode::conflict:
    case ErrorCode::timeout:
    case ErrorCode::cancelled:
    case ErrorCode::unavailable:
    case ErrorCode::unsure:
    case ErrorCode::internal:
      return refuse(503, name_of(error.code), error.message);
  }
  return refuse(503, name_of(error.code), error.message);
}

/// {"event":"...","runs":["..."]}: names of ours, so nothing in them needs escaping.
std::string receipt(const Committed& committed) {
  std::string text = "{\"event\":\"" + render(committed.event) + "\",\"runs\":[";
  for (std::size_t i = 0; i < committed.runs.size(); ++i) {
    text += (i == 0 ? "\"" : ",\"") + render(committed.runs[i]) + "\"";
  }
  return text + "]}";
}

}  // namespace

Hooks::Hooks(ServiceWorld world, ServiceBudget budget, Dispatcher& dispatcher, const std::shared_ptr<Sources>& sources)
    : world_(world), budget_(budget), dispatcher_(dispatcher), sources_(sources) {}

Task<OutgoingResponse> Hooks::answer(IncomingRequest request) {
  constexpr std::string_view prefix = "/hooks/";
  if (closed_) co_return refuse(503, "unavailable", "the service is stopping");
  const auto path = percent_decode(std::string_view(request.path).substr(prefix.size()));
  const auto source = path ? sources_->find_hook(*path) : nullptr;
  if (source == nullptr) co_return refuse(404, "not_found", "no workflow listens at this address");
  if (source->under_way >= budget_.requests_per_source) co_return refuse(429, "limited", "too many deliveries at once");
  if (unwritten_bytes_ + request.body.size() > budget_.unwritten_bytes)
    co_return refuse(503, "unavailable", "too much is waiting for the disk");
  const std::size_t bytes = request.body.size();
  ++source->under_way;
  unwritten_bytes_ += bytes;
  auto response = co_await deliver(source, std::move(request));
  unwritten_bytes_ -= bytes;
  --source->under_way;
  co_return response;
}

/// Everything about a delivery that can be said before it is written down.
Result<Occurrence> Hooks::read(const HookSource& source, const IncomingRequest& request) {
  const TriggerSpec& spec = source.listeners.front().spec();
  const Timestamp now = world_.clock.now();
  const Verified verified = TRY(verify(source.verifier, request, world_.secrets, now));
  const Value body = TRY(read_delivery(spec, request));
  Occurrence occurrence;
  occurrence.payload = TRY(event_of_delivery(spec, world_.catalog, body));
  occurrence.id = TRY(dedupe_id(spec, verified, request, occurrence.payload));
  occurrence.source = "hook:" + source.path;
  occurrence.trigger = spec.kind == "plugin" ? spec.name : "webhook";
  candidates_.clear();
  source.index.candidates(occurrence.payload, candidates_);
  std::optional<Bindings> names;
  for (const std::size_t number : candidates_) {
    const Listener& listener = source.listeners[number];
    if (const auto& condition = listener.spec().condition) {
      if (!names) {
        names.emplace();
        names->set("event", occurrence.payload);
        names->set("now", now);
      }
      const auto holds = condition->expression.evaluate(*names);
      if (!holds || !holds->is_true()) continue;
    }
    occurrence.listeners.push_back(listener);
  }
  return occurrence;
}

Task<OutgoingResponse> Hooks::deliver(std::shared_ptr<HookSource> source, IncomingRequest request) {
  auto occurrence = read(*source, request);
  if (!occurrence) co_return refuse(occurrence.error());
  auto dispatched = co_await dispatcher_.accept(std::move(*occurrence));
  if (!dispatched) {
    // Where the disk is full or the store has failed, the sender shall come back: nothing was promised.
    Error error = dispatched.error();
    if (error.code == ErrorCode::invalid) co_return refuse(422, "invalid", error.message);
    error.code = ErrorCode::unavailable;
    co_return refuse(error);
  }
  if (source->waits && !dispatched->committed.duplicate && !dispatched->runs.empty()) {
    auto response = co_await wait_for(std::move(*dispatched));
    co_return response;
  }
  co_return with_json(202, receipt(dispatched->committed));
}

/// The output of the only run, or the receipt where it takes too long.
Task<OutgoingResponse> Hooks::wait_for(Dispatched dispatched) {
  const std::shared_ptr<ActiveRun> active = dispatched.runs.front();
  const Deadline deadline = active->over ? Deadline() : Deadline::in(longest_answer);
  while (!active->over && !deadline.reached()) {
    const bool undisturbed = co_await active->ended.wait(deadline);
    if (!undisturbed) break;
  }
  if (!active->over) co_return with_json(202, receipt(dispatched.committed));
  const RunHead& head = active->run->head();
  if (head.outcome == RunOutcome::completed || head.outcome == RunOutcome::skipped)
    co_return with_json(200, encode_json(active->run->output()));
  const Value error = Value::object(
      {{"error", Value::object({{"code", name_of(head.outcome)}, {"message", head.note}})}, {"run", render(head.key)}});
  co_return with_json(500, encode_json(error));
}

}  // namespace millrace
