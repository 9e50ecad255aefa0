#include "gate/note_read.hpp"

#include <utility>

#include "gate/things.hpp"

namespace millrace {

namespace {

/// The ids of what was read, without what the run itself made.
void remember_things(GateRecord& record, const Action& action, const ThingPlace& place, const Value& output,
                     const SeenThings& made) {
  if (!action.resource) return;
  for (const Value& thing : things_in(action, output)) {
    std::string id = id_text(*action.resource, thing);
    if (!id.empty() && !made.holds(place, id)) record.seen.add(place, std::move(id), readable_name(thing));
  }
}

}  // namespace

void note_read(GateRecord& record, const Shipment& shipment, const Answer& answer, const SeenThings& made) {
  if (answer.left) record.reads += 1 + answer.further;
  if (answer.output) remember_things(record, *shipment.action, place_of(shipment), *answer.output, made);
}

void Gate::recall(const Action& action, const ThingPlace& place, const Value& output) {
  remember_things(record_, action, place, output, {});
}

}  // namespace millrace
