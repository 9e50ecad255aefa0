#include "workflow/alarm_actions.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "workflow/connections.hpp"
#include "workflow/fields.hpp"
#include "workflow/step_loader.hpp"
#include "workflow/unread_secrets.hpp"
#include "yaml/files.hpp"
#include "yaml/rules.hpp"
#include "yaml/yaml.hpp"

namespace millrace {

namespace {

constexpr int alarm_attempts = 12;
constexpr Duration first_alarm_delay = std::chrono::seconds(10), longest_alarm_delay = std::chrono::minutes(15);

Node* member_of(Node& node, std::string_view key) {
  const auto found =
      std::find_if(node.members.begin(), node.members.end(), [key](const auto& each) { return each.key == key; });
  return found == node.members.end() ? nullptr : &found->value;
}

/// Puts `key` into a mapping as if it stood where the mapping does.
Node& add_member(Node& node, const std::string& key, Node value) {
  value.begin = value.end = node.begin;
  node.members.push_back({key, node.begin, node.begin, std::move(value)});
  return node.members.back().value;
}

void say_what_is_missing(Node& step, const Catalog& catalog) {
  const Node* named = step.find("action");
  const Action* action = named != nullptr ? catalog.find_action(named->text) : nullptr;
  if (action == nullptr) return;
  Node* with = member_of(step, "with");
  if (with == nullptr) {
    Node nothing;
    nothing.kind = Node::Kind::map;
    with = &add_member(step, "with", std::move(nothing));
  }
  for (const char* input : {"text", "subject"}) {
    if (!with->is_map() || !action->inputs().property(input).known() || with->find(input) != nullptr) continue;
    Node text;
    text.style = Node::Style::plain;
    text.text = std::string("${{ event.") + input + " }}";
    add_member(*with, input, std::move(text));
  }
}

void take_usual_care(Step& step) {
  if (step.retry.attempts == 1)
    step.retry = {.attempts = alarm_attempts, .delay = first_alarm_delay, .max_delay = longest_alarm_delay};
  if (step.on_error == OnError::stop) step.on_error = OnError::proceed;
  if (step.if_unsure == IfUnsure::by_plugin) step.if_unsure = IfUnsure::try_again;
}

LoadedWorkflow load(std::shared_ptr<const SourceText> source, const Catalog& catalog, bool is_new) {
  LoadedWorkflow loaded;
  YamlDocument document = read_yaml(std::move(source));
  Node* entries = document.root && document.root->is_map() ? member_of(*document.root, "alarms") : nullptr;
  if (entries == nullptr) return loaded;
  if (entries->is_map()) say_what_is_missing(*entries, catalog);
  for (Node& entry : entries->items) say_what_is_missing(entry, catalog);
  FieldReader fields(document, loaded.findings);
  Workflow workflow;
  workflow.source = document.lines.source();
  workflow.id = alarms_workflow;
  workflow.name = "Alarms";
  workflow.mode = "live";
  workflow.vars = Template::constant(Map());
  workflow.steps = StepLoader(fields, document, catalog).steps(entries);
  for (Step& step : workflow.steps) take_usual_care(step);
  workflow.broken_places = fields.take_broken_places();
  loaded.workflow = std::move(workflow);
  const auto reads = [&catalog](std::string_view place, std::string_view action) {
    return (!place.empty() && place != "alarms" && !place.starts_with("alarms/")) ||
           is_secret_input(place, action, catalog);
  };
  if (!is_new) return loaded;
  for (Finding& one : find_unread_secrets(document, reads)) loaded.findings.push_back(std::move(one));
  return loaded;
}

}  // namespace

LoadedWorkflow load_alarm_actions(std::shared_ptr<const SourceText> text, const Catalog& catalog) {
  return load(std::move(text), catalog, false);
}

LoadedWorkflow load_and_check_alarm_actions(const std::filesystem::path& project_folder, const Catalog& catalog,
                                            const Project* project) {
  auto source = read_source(project_folder / "millrace.yaml", "millrace.yaml");
  if (std::holds_alternative<Finding>(source)) return {};  // which is told where the project is read
  auto text = std::get<std::shared_ptr<const SourceText>>(std::move(source));
  LoadedWorkflow loaded = load(std::move(text), catalog, true);
  if (!loaded.workflow) return loaded;
  for (Finding& one : check_workflow(*loaded.workflow, catalog, project)) loaded.findings.push_back(std::move(one));
  sort_findings(loaded.findings);
  if (has_errors(loaded.findings)) loaded.workflow.reset();
  return loaded;
}

Type alarm_event_type() {
  const Type text = Type::of(Kind::text);
  return Type::map_of({{"about", text},
                       {"message", text},
                       {"since", text},
                       {"ended", Type::of(Kind::boolean)},
                       {"subject", text},
                       {"text", text},
                       {"begun", Type()},
                       {"over", Type()}});
}

std::set<std::string> connections_of_alarms(const Workflow& alarms, const Project& project, const Catalog& catalog) {
  std::set<std::string> names;
  each_action(alarms, [&](const ActionStep& step) {
    const Action* action = catalog.find_action(step.action);
    if (action == nullptr) return;
    const auto connection = connection_of(*action, step.connection, project, catalog);
    if (connection && *connection != nullptr) names.insert((*connection)->name);
  });
  return names;
}

}  // namespace millrace
