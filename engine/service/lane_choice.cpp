#include "service/lane_choice.hpp"

#include "value/json.hpp"

namespace millrace {

namespace {

/// Lanes are named by their workflow; a key comes behind a line break, which no workflow's name has.
constexpr char behind = '\n';

constexpr std::string_view side_by_side = "\n|";

std::string text_of(const Value& key) { return key.is_text() ? key.text() : encode_json(key); }

}  // namespace

Result<LaneChoice> lane_for(const Workflow& workflow, const Value& event) {
  if (workflow.concurrency.is_text() && workflow.concurrency.text() == "parallel")
    return LaneChoice{parallel_lane(workflow.id), false, false};
  const bool skips = workflow.concurrency.is_text() && workflow.concurrency.text() == "skip_if_running";
  if (!workflow.lane_key) return LaneChoice{workflow.id, true, skips};
  Bindings names;
  names.set("event", event);
  const auto key = workflow.lane_key->expression.evaluate(names);
  if (!key) return key.error().within("the key of concurrency");
  return LaneChoice{workflow.id + behind + text_of(*key), true, false};
}

std::string parallel_lane(const std::string& workflow) { return workflow + std::string(side_by_side); }

std::string lane_of(const RunHead& head) { return head.lane.empty() ? parallel_lane(head.workflow) : head.lane; }

bool is_exclusive(const std::string& lane) { return !lane.ends_with(side_by_side); }

std::string workflow_of(const std::string& lane) { return lane.substr(0, lane.find(behind)); }

}  // namespace millrace
