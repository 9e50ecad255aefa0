#include "lsp/tested.hpp"

#include <variant>

#include "lsp/hover.hpp"
#include "yaml/files.hpp"

namespace millrace::lsp {
namespace {

/// The step of this id, or one without any that does this action.
const Step* step_called(const Workflow& workflow, std::string_view name) {
  const Step* found = nullptr;
  each_step(workflow, [&](const Step& step) {
    const auto* action = std::get_if<ActionStep>(&step.what);
    const bool called = step.id == name || (step.id.empty() && action != nullptr && action->action == name);
    if (found == nullptr && called) found = &step;
  });
  return found;
}

}  // namespace

const Workflow* tested_workflow(const Place& place, const ProjectView& view) {
  constexpr std::string_view ending = ".test";
  const Node* said = place.way.empty() ? nullptr : place.way[0].parent->find("workflow");
  if (said != nullptr && said->is_scalar() && !said->is_empty()) return view.find_workflow(said->text);
  std::string name = workflow_id(place.file);
  if (name.ends_with(ending)) name.resize(name.size() - ending.size());
  return view.find_workflow(name);
}

const Action* action_named(const Place& place, const std::string& name, const ProjectView& view) {
  if (const Action* action = view.catalog->find_action(name)) return action;
  const Workflow* workflow = tested_workflow(place, view);
  const Step* step = workflow != nullptr ? step_called(*workflow, name) : nullptr;
  const auto* acts = step != nullptr ? std::get_if<ActionStep>(&step->what) : nullptr;
  return acts != nullptr ? view.catalog->find_action(acts->action) : nullptr;
}

const Step* step_named_at(const Place& place, const ProjectView& view) {
  if (place.kind != Place::Kind::key) return nullptr;
  const std::string map = place.outside().key();
  const Workflow* workflow = tested_workflow(place, view);
  if (workflow == nullptr || (map != "answers" && map != "steps" && map != "approve")) return nullptr;
  return step_called(*workflow, place.key());
}

std::string about_test_name(const Place& place, const ProjectView& view) {
  if (place.kind != Place::Kind::key) return {};
  const Step* step = step_named_at(place, view);
  const std::string map = place.outside().key();
  if (step == nullptr && map != "answers") return {};
  const Action* action = action_named(place, place.key(), view);
  std::string text = action != nullptr ? about_action(*action) : "";
  if (step != nullptr && !step->id.empty()) {
    const std::string line = "Step `" + step->id + "`" + (action != nullptr ? ": `" + action->name + "`" : "");
    text = line + (text.empty() ? "" : "\n\n" + text);
  }
  return text;
}

}  // namespace millrace::lsp
