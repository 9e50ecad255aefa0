#include <algorithm>
#include <iterator>
#include <utility>

#include "catalog/kind.hpp"
#include "workflow/alarm_actions.hpp"
#include "workflow/reach.hpp"
#include "workflow/starts.hpp"

namespace millrace {

namespace {

bool may_stand_for(const Bounds::Entry& entry, const Reached& open) {
  if (open.at == Touch::At::address) return entry.effects.meets(open.effects);
  return entry.name.starts_with(open.place) || open.place.starts_with(entry.name);
}

/// The gate of the called run does not know these bounds: all that may be done there has to be allowed here.
std::optional<Forbidden> forbidden_to_called(const Bounds& bounds, const Reached& reached) {
  Touch touch = reached.touch();
  const bool open = !touch.whole && touch.at == Touch::At::address && bounds.hosts && !bounds.hosts->any;
  touch.whole = touch.whole || touch.at == Touch::At::file;
  const bool in_part = !permitted_of(bounds, touch).empty();
  for (const Effect effect : all_effects) {
    if (!reached.effects.meets(effect)) continue;
    touch.effects = effect;
    auto forbidden = forbidden_by(bounds, touch);
    if (!forbidden) continue;
    const std::string key = touch.at == Touch::At::thing ? key_for(touch.kind) : "hosts";
    if (in_part) forbidden->cure = "say under " + key + " of its own permissions what " + reached.workflow + " may do";
    return forbidden;
  }
  if (!open) return std::nullopt;
  return Forbidden{"which host it reaches is known only in its run",
                   "say hosts under permissions of " + reached.workflow, bounds.hosts->at};
}

}  // namespace

std::vector<std::shared_ptr<const Bounds>> bounds_on(const Workflow& workflow, const Project* project) {
  std::vector<std::shared_ptr<const Bounds>> bounds;
  if (workflow.permissions != nullptr) bounds.push_back(workflow.permissions);
  const bool alarms = workflow.id == alarms_workflow;
  if (project != nullptr && project->permissions != nullptr && !alarms) bounds.push_back(project->permissions);
  return bounds;
}

std::vector<Reached> within(std::vector<Reached> reach, const Bounds& bounds) {
  std::vector<Reached> narrowed;
  const auto keep = [&](Reached one) {
    one.effects = permitted_of(bounds, one.touch());
    if (!one.effects.empty()) narrowed.push_back(std::move(one));
  };
  for (Reached& each : reach) {
    const auto& places = each.at == Touch::At::address ? bounds.hosts : bounds.files;
    if (each.whole || each.at == Touch::At::thing || !places || places->any) {
      keep(std::move(each));
      continue;
    }
    for (const Bounds::Entry& entry : places->entries) {
      if (!may_stand_for(entry, each)) continue;
      Reached one = each;
      const bool deeper = each.at == Touch::At::file && each.place.size() > entry.name.size();
      if (!deeper) one.place = each.at == Touch::At::file ? entry.name + "/" : entry.name;
      one.port = entry.port;
      one.whole = each.at == Touch::At::address;
      one.says.clear();
      keep(std::move(one));
    }
  }
  return narrowed;
}

std::vector<Reached> whole_reach(const std::vector<std::shared_ptr<const Workflow>>& with_called,
                                 const Catalog& catalog, const Project* project) {
  std::vector<Reached> all;
  for (const auto& workflow : with_called) {
    std::vector<Reached> own = reach_of(*workflow, catalog, project);
    for (const auto& bounds : bounds_on(*workflow, project)) own = within(std::move(own), *bounds);
    std::move(own.begin(), own.end(), std::back_inserter(all));
  }
  return all;
}

std::optional<Forbidden> forbidden_call(const Bounds& bounds, std::shared_ptr<const Workflow> called,
                                        const Catalog& catalog, const Project& project) {
  const std::string name = called->id;
  for (const Reached& each : whole_reach(with_called(std::move(called), catalog, project), catalog, &project)) {
    if (each.before_change) continue;
    auto forbidden = forbidden_to_called(bounds, each);
    if (!forbidden) continue;
    forbidden->why = "calling " + name + " is not permitted, because of " + each.action + " in line " +
                     std::to_string(each.from.line) + " of " + each.workflow + ": " + forbidden->why;
    return forbidden;
  }
  return std::nullopt;
}

}  // namespace millrace
