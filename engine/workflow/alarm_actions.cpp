#include "workflow/alarm_actions.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "workflow/connections.hpp"
#include "workflow/fields.hpp"
#include "workflow/step_loader.hpp"
#include "workflow/telling_steps.hpp"
#include "workflow/unread_secrets.hpp"
#include "yaml/files.hpp"
#include "yaml/rules.hpp"
#include "yaml/yaml.hpp"

namespace millrace {

namespace {

Node* alarms_in(Node& root) {
  const auto found =
      std::find_if(root.members.begin(), root.members.end(), [](const auto& each) { return each.key == "alarms"; });
  return found == root.members.end() ? nullptr : &found->value;
}

LoadedWorkflow load(std::shared_ptr<const SourceText> source, const Catalog& catalog, bool is_new) {
  LoadedWorkflow loaded;
  YamlDocument document = read_yaml(std::move(source));
  Node* entries = document.root && document.root->is_map() ? alarms_in(*document.root) : nullptr;
  if (entries == nullptr) return loaded;
  say_what_is_missing(*entries, "event", catalog);
  FieldReader fields(document, loaded.findings);
  Workflow workflow;
  workflow.source = document.lines.source();
  workflow.id = alarms_workflow;
  workflow.name = "Alarms";
  workflow.mode = "live";
  workflow.vars = Template::constant(Map());
  workflow.steps = StepLoader(fields, document, catalog).steps(entries);
  take_usual_care(workflow.steps);
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

LoadedWorkflow load_and_check_alarm_actions(std::shared_ptr<const SourceText> text, const Catalog& catalog,
                                            const Project* project) {
  LoadedWorkflow loaded = load(std::move(text), catalog, true);
  if (!loaded.workflow) return loaded;
  for (Finding& one : check_workflow(*loaded.workflow, catalog, project)) loaded.findings.push_back(std::move(one));
  sort_findings(loaded.findings);
  if (has_errors(loaded.findings)) loaded.workflow.reset();
  return loaded;
}

LoadedWorkflow load_and_check_alarm_actions(const std::filesystem::path& project_folder, const Catalog& catalog,
                                            const Project* project) {
  auto source = read_source(project_folder / "millrace.yaml", "millrace.yaml");
  if (std::holds_alternative<Finding>(source)) return {};  // which is told where the project is read
  return load_and_check_alarm_actions(std::get<std::shared_ptr<const SourceText>>(std::move(source)), catalog, project);
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
