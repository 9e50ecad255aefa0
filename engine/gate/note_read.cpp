#include "gate/note_read.hpp"

#include <utility>

#include "gate/things.hpp"

namespace millrace {

namespace {

/// The ids of what was read, without what the run itself made.
void remember_things(GateRecord& record, const Action& action, const Value& output, const std::set<std::string>& made) {
  if (!action.resource) return;
  for (const Value& thing : things_in(action, output)) {
    std::string id = id_text(*action.resource, thing);
    if (!id.empty() && !made.contains(id))
      record.seen[action.resource->kind].try_emplace(std::move(id), readable_name(thing));
  }
}

}  // namespace

void note_read(GateRecord& record, const Shipment& shipment, const Answer& answer, const std::set<std::string>& made) {
  if (answer.left) record.reads += 1 + answer.further;
  if (answer.output) remember_things(record, *shipment.action, *answer.output, made);
}

void Gate::recall(const Action& action, const Value& output) { remember_things(record_, action, output, {}); }

}  // namespace millrace
