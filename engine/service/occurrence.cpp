#include "service/occurrence.hpp"

#include <algorithm>

namespace millrace {

void offer(Occurrence& occurrence, const Listener& listener, const Bindings& names, bool faulty_before) {
  const auto& condition = listener.spec().condition;
  const auto wanted = condition ? holds(*condition, names, occurrence.allowance) : Result<bool>(true);
  if (condition && (!wanted || faulty_before))
    occurrence.lacks.push_back({occurrence.source, listener.name(), wanted ? "" : wanted.error().message});
  if (wanted && *wanted) occurrence.listeners.push_back(listener);
}

bool concerns_anybody(const Occurrence& occurrence) {
  return !occurrence.listeners.empty() || std::any_of(occurrence.lacks.begin(), occurrence.lacks.end(),
                                                      [](const Lack& lack) { return !lack.reason.empty(); });
}

std::optional<Occurrence> what_follows(Run& run, const Sources& sources, Timestamp now) {
  const std::vector<Listener>* listeners = sources.after(run.workflow().id);
  if (listeners == nullptr) return std::nullopt;
  const RunHead& head = run.head();
  const std::optional<Error>& failure = run.state().failure;
  Occurrence occurrence;
  occurrence.source = "after:" + head.workflow;
  occurrence.origin = run.end_origin();
  occurrence.trigger = "after";
  occurrence.live = head.live;
  occurrence.chain = run.chain_behind();
  occurrence.payload = Value::object({{"workflow", head.workflow},
                                      {"run", render(head.key)},
                                      {"outcome", name_of(head.outcome)},
                                      {"location", head.location},
                                      {"output", run.output()},
                                      {"error", failure ? failure_value(*failure) : Value()}});
  const Bindings names = condition_names(occurrence.payload, now);
  for (const Listener& listener : *listeners) {
    const std::string wanted = listener.spec().settings.text_or("outcome", "completed");
    if (wanted != "any" && wanted != name_of(head.outcome)) continue;
    offer(occurrence, listener, names);
  }
  if (!concerns_anybody(occurrence)) return std::nullopt;
  return occurrence;
}

}  // namespace millrace
