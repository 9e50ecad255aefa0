#include "api/plan_json.hpp"

#include <chrono>
#include <map>
#include <utility>

#include "courier/call_costs.hpp"
#include "gate/encode_change.hpp"
#include "value/list_of.hpp"
#include "value/or_null.hpp"
#include "value/time.hpp"
#include "workflow/safety.hpp"

namespace millrace {

namespace {

Value encode_counts(const PlanFile& plan) {
  std::map<std::string, std::int64_t> counts;
  for (const PlannedRun& run : plan.runs) {
    for (const Change& change : run.changes) ++counts[std::string(name_of(change.effect))];
  }
  Map members;
  for (const auto& [effect, count] : counts) members.set(effect, count);
  return Value(std::move(members));
}

Value encode_locations(const PlanFile& plan) {
  Value::List list;
  for (const PlannedRun& run : plan.runs) {
    list.push_back(Value::object({{"run", run.id},
                                  {"location", text_or_null(run.location)},
                                  {"outcome", run.outcome},
                                  {"why", text_or_null(run.why)},
                                  {"changes", run.changes.size()}}));
  }
  return Value(std::move(list));
}

Value encode_calls(const CallCounts& calls, const Courier& courier) {
  Value::List list;
  for (const CallCosts& cost : costs_of(calls, courier)) {
    list.push_back(Value::object({{"connection", text_or_null(cost.calls.connection)},
                                  {"location", text_or_null(cost.calls.location)},
                                  {"reads", cost.calls.reads},
                                  {"writes", cost.calls.writes},
                                  {"takes_seconds", std::chrono::ceil<std::chrono::seconds>(cost.takes).count()},
                                  {"day_left", number_or_null(cost.day_left)},
                                  {"day_most", number_or_null(cost.day_most)},
                                  {"fits_today", cost.fits_today}}));
  }
  return Value(std::move(list));
}

Value encode_limits(const Workflow& workflow, const Catalog& catalog) {
  const Limits limits = limits_of(workflow, catalog);
  return Value::object({{"max_changes", number_or_null(limits.max_changes)},
                        {"max_changes_from", text_or_null(limits.max_changes_from)},
                        {"max_percent", limits.max_percent ? Value(*limits.max_percent) : Value()},
                        {"max_percent_from", text_or_null(limits.max_percent_from)}});
}

Value encode_refusal(const KeptPlan& plan) {
  if (!plan.refused) return {};
  return Value::object({{"code", name_of(plan.refused->error.code)},
                        {"message", plan.refused->error.message},
                        {"differences", list_of(plan.refused->differences)}});
}

}  // namespace

Map encode_head(const KeptPlan& plan, const Catalog& catalog, const Courier& courier) {
  std::int64_t reads = 0;
  for (const std::int64_t of_run : plan.reads) reads += of_run;
  Value::List not_made;
  for (const Change& change : plan.not_made) not_made.push_back(encode_change(change));
  Map members;
  members.set("id", plan.id);
  members.set("workflow", plan.plan.workflow);
  members.set("name", plan.workflow->name);
  members.set("version", plan.plan.fingerprint);
  members.set("of_file", plan.of_project);
  members.set("who", plan.who);
  members.set("made", render(plan.made));
  members.set("state", name_of(plan.state));
  members.set("locations", plan.locations);
  members.set("locations_done", plan.locations_done);
  members.set("counts", encode_counts(plan.plan));
  members.set("reads", reads);
  members.set("outcomes", encode_locations(plan.plan));
  members.set("limits", encode_limits(*plan.workflow, catalog));
  members.set("calls", encode_calls(plan.calls, courier));
  members.set("runs", list_of(plan.runs));
  members.set("refused", encode_refusal(plan));
  members.set("not_made", Value(std::move(not_made)));
  return members;
}

Value encode_changes(const KeptPlan& plan, const ChangeFilter& filter) {
  Value::List list;
  Value next;
  std::int64_t number = -1;
  for (const PlannedRun& run : plan.plan.runs) {
    for (const Change& change : run.changes) {
      ++number;
      const bool wanted = (filter.effect.empty() || filter.effect == name_of(change.effect)) &&
                          (filter.location.empty() || filter.location == run.location);
      if (number <= filter.after || !wanted || !next.is_null()) continue;
      if (list.size() == static_cast<std::size_t>(filter.limit)) {
        next = *list.back().find("number");
        continue;
      }
      Map members = encode_change(change).map();
      members.set("number", number);
      members.set("location", text_or_null(run.location));
      list.emplace_back(std::move(members));
    }
  }
  return Value::object({{"changes", Value(std::move(list))}, {"next", std::move(next)}});
}

}  // namespace millrace
