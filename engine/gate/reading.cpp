#include "gate/reading.hpp"

#include <utility>

#include "catalog/request.hpp"
#include "crypto/digest.hpp"
#include "gate/things.hpp"
#include "gate/volatile.hpp"
#include "value/json.hpp"
#include "value/member_path.hpp"

namespace millrace {

namespace {

/// Takes the things that have an id out of the list in `output`; the order of a list is nobody's promise. What is left
/// of the answer still says how many they were: an id that comes twice is one thing here.
Value without_things(const Action& action, const Value& output, std::map<std::string, ReadThing>& things) {
  if (!action.resource) return output;
  const Resource& resource = *action.resource;
  const Value* found = member_at(output, resource.list_path);
  if (!found || !found->is_list() || !resource.id_input.empty() || !resource.echo.empty()) return output;
  Value::List left;
  for (const Value& thing : found->list()) {
    const std::string id = id_text(resource, thing);
    if (id.empty()) {
      left.push_back(thing);
    } else {
      things.insert_or_assign(
          id, ReadThing{readable_name(thing), fingerprint(encode_json(thing)).substr(0, ReadThing::digits)});
    }
  }
  left.emplace_back(static_cast<std::int64_t>(found->list().size()));
  return with_member(output, resource.list_path, std::move(left));
}

}  // namespace

Reading reading_of(const Shipment& shipment, const Result<Value>& output) {
  const Action& action = *shipment.action;
  Reading reading;
  reading.action = action.name;
  reading.connection = shipment.site.connection;
  reading.location = shipment.location;
  if (action.resource) reading.kind = action.resource->kind;
  const Value target = action.target.empty() ? shipment.to.shown_url : fill(action.target, shipment.input);
  reading.target = target.is_text() ? target.text() : "";
  reading.question = fingerprint(shipment.parts.method + " " + encode_json(shipment.to.shown_url) + " " +
                                 encode_json(shipment.parts.body));
  if (!output) {
    reading.failure = name_of(output.error().code);
    return reading;
  }
  const Value lasting = without_volatile(*output, action.outputs());
  reading.answer = fingerprint(encode_json(without_things(action, lasting, reading.things)));
  return reading;
}

Reading reading_of_file(const Action& action, const Value& input, const Result<Value>& output) {
  Reading reading;
  reading.action = action.name;
  reading.target = std::string(file_target) + input.text_or("file");
  reading.question = fingerprint(encode_json(input));
  if (output) reading.answer = fingerprint(encode_json(*output));
  if (!output) reading.failure = name_of(output.error().code);
  return reading;
}

}  // namespace millrace
