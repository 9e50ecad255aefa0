#include "lsp/tested.hpp"

#include <algorithm>
#include <memory>
#include <variant>

#include "lsp/hover.hpp"
#include "yaml/files.hpp"
#include "yaml/sketch.hpp"

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

/// The id of the workflow that a file of tests is about; `root` is null where nothing is in it.
std::string tested_name(const Node* root, std::string_view file) {
  constexpr std::string_view ending = ".test";
  const Node* said = root != nullptr ? root->find("workflow") : nullptr;
  if (said != nullptr && said->is_scalar() && !said->is_empty()) return said->text;
  std::string name = workflow_id(file);
  if (name.ends_with(ending)) name.resize(name.size() - ending.size());
  return name;
}

/// The places of one test at which a step stands, and of the runs before it.
class StepFinder {
 public:
  explicit StepFinder(std::string_view step) : step_(step) {}

  void tests(const Node* list) {
    if (list == nullptr) return;
    for (const Node& test : list->items) {
      keys(test.find("answers"));
      keys(test.find("approve"));
      if (const Node* expect = test.find("expect")) expected(*expect);
      if (const Node* fail = test.find("fail")) faults(*fail);
      tests(test.find("before"));
    }
  }
  std::vector<Range> take() {
    std::sort(places_.begin(), places_.end(),
              [](const Range& one, const Range& other) { return one.begin < other.begin; });
    return std::move(places_);
  }

 private:
  void expected(const Node& expect) {
    keys(expect.find("steps"));
    const Node* changes = expect.find("changes");
    if (changes == nullptr) return;
    for (const Node& change : changes->items) {
      if (const Node* step = change.find("step")) begins(*step);
    }
  }
  void keys(const Node* map) {
    if (map == nullptr) return;
    for (const Node::Member& member : map->members) {
      if (member.key == step_) places_.push_back({member.key_begin, member.key_end});
    }
  }
  /// "fetch 503 x2", or several of them.
  void faults(const Node& node) {
    for (const Node& item : node.items) begins(item);
    begins(node);
  }
  /// The first word of a text.
  void begins(const Node& node) {
    if (!node.is_scalar() || node.text.substr(0, node.text.find(' ')) != step_) return;
    const bool quoted = node.style == Node::Style::single_quoted || node.style == Node::Style::double_quoted;
    const std::size_t begin = node.begin + (quoted ? 1 : 0);
    places_.push_back({begin, begin + step_.size()});
  }

  std::string_view step_;
  std::vector<Range> places_;
};

}  // namespace

const Workflow* tested_workflow(const Place& place, const ProjectView& view) {
  return view.find_workflow(tested_name(place.way.empty() ? nullptr : place.way[0].parent, place.file));
}

std::vector<Range> step_in_tests(const SourceText& tests, std::string_view workflow, std::string_view step) {
  const YamlDocument document = sketch_yaml(std::make_shared<const SourceText>(tests));
  if (!document.root || tested_name(&*document.root, tests.name) != workflow) return {};
  StepFinder finder(step);
  finder.tests(document.root->find("tests"));
  return finder.take();
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
