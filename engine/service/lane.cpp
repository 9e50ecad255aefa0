#include "service/lane.hpp"

#include "value/json.hpp"

namespace millrace {

namespace {

std::string text_of(const Value& key) { return key.is_text() ? key.text() : encode_json(key); }

}  // namespace

Result<LaneChoice> lane_for(const Workflow& workflow, const Value& event, const Value& delivery) {
  const std::string plain = workflow.concurrency.is_text() ? workflow.concurrency.text() : "";
  if (plain == "parallel") return LaneChoice{{workflow.id, Lane::Kind::parallel}, false};
  if (!workflow.lane_key) return LaneChoice{{workflow.id, Lane::Kind::exclusive}, plain == "skip_if_running"};
  Bindings names;
  names.set("event", event);
  names.set("delivery", delivery);
  const auto key = workflow.lane_key->expression.evaluate(names);
  if (!key) return key.error().within("the key of concurrency");
  return LaneChoice{{workflow.id, Lane::Kind::keyed, text_of(*key)}, false};
}

std::string stored_lane(const Lane& lane) {
  if (lane.kind == Lane::Kind::parallel) return "";
  return lane.kind == Lane::Kind::exclusive ? lane.workflow : lane.workflow + '\n' + lane.key;
}

/// The head's own workflow tells where the key begins: a name may have line breaks, too.
Lane lane_of(const RunHead& head) {
  if (head.lane.empty()) return {head.workflow, Lane::Kind::parallel};
  if (head.lane == head.workflow) return {head.workflow, Lane::Kind::exclusive};
  const bool ours = head.lane.starts_with(head.workflow + '\n');
  return {head.workflow, Lane::Kind::keyed, ours ? head.lane.substr(head.workflow.size() + 1) : head.lane};
}

}  // namespace millrace
