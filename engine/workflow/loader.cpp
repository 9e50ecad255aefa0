#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/text.hpp"
#include "workflow/alarm_actions.hpp"
#include "workflow/fields.hpp"
#include "workflow/format_schemas.hpp"
#include "workflow/list.hpp"
#include "workflow/load.hpp"
#include "workflow/load_permissions.hpp"
#include "workflow/scopes.hpp"
#include "workflow/step_loader.hpp"
#include "workflow/trigger_loader.hpp"
#include "workflow/unread_secrets.hpp"
#include "yaml/files.hpp"
#include "yaml/yaml.hpp"

namespace millrace {
namespace {

class WorkflowLoader {
 public:
  WorkflowLoader(const YamlDocument& document, std::vector<Finding>& findings, const Catalog& catalog)
      : document_(document), catalog_(catalog), fields_(document, findings), steps_(fields_, document, catalog) {}

  Workflow load(const Node& root) {
    const Schema& format = workflow_format();
    const Value value = fields_.fixed(root, view_of(format));
    fields_.check_shape(root, value, format);
    Workflow workflow;
    workflow.source = document_.lines.source();
    workflow.id = workflow_id(workflow.source->name);
    workflow.name = value.text_or("name", workflow.id);
    workflow.description = value.text_or("description");
    workflow.mode = value.text_or("mode", "dry_run");
    locations(workflow, root, value);
    if (const Node* triggers = root.find("triggers"))
      workflow.triggers = load_triggers(*triggers, fields_, document_, catalog_);
    concurrency(workflow, root, value);
    workflow.alert_if_no_run_for = duration_in(value, "alert_if_no_run_for");
    safety(workflow, root, value);
    workflow.permissions = load_permissions(root, fields_, document_);
    workflow.vars = Template::constant(Map());
    if (const Node* vars = root.find("vars"); vars && vars->is_map()) {
      workflow.vars = fields_.field(*vars, SchemaView(), workflow.vars_uses).content;
      for (const Node::Member& member : vars->members) workflow.vars_names.push_back(member.key);
    }
    workflow.steps = steps_.steps(root.find("actions"));
    workflow.on_failure = steps_.steps(root.find("on_failure"));
    workflow.always = steps_.steps(root.find("always"));
    workflow.broken_places = fields_.take_broken_places();
    return workflow;
  }

 private:
  void locations(Workflow& workflow, const Node& root, const Value& value) {
    const Value* locations = value.find("locations");
    if (!locations) return;
    const Node& node = *root.find("locations");
    std::vector<std::string> names;
    const auto add = [&](const Node& one) {
      if (!one.is_scalar() || one.is_empty()) return;
      names.push_back(one.text);
      workflow.locations_at.push_back(fields_.mark(one));
    };
    add(node);
    for (const Node& item : node.items) add(item);
    if (!names.empty()) workflow.locations = std::move(names);
  }

  void concurrency(Workflow& workflow, const Node& root, const Value& value) {
    const Value* concurrency = value.find("concurrency");
    if (!concurrency) return;
    workflow.concurrency = *concurrency;
    const Node* queued = root.find("concurrency")->find("queued");
    const Node* key = queued ? queued->find("key") : nullptr;
    if (!key || key->is_empty()) return;
    workflow.concurrency_uses.push_back({fields_.expression(*key, nullptr, Meaning::text), ExpressionUse::Role::closure,
                                         SchemaView(), "", "", "key", fields_.mark(*key)});
    workflow.lane_key = workflow.concurrency_uses[0].expression;
    const Value text(workflow.concurrency_uses[0].expression.expression.text());
    workflow.concurrency = Value::object({{"queued", Value::object({{"key", text}})}});
  }

  void safety(Workflow& workflow, const Node& root, const Value& value) {
    const Value* safety = value.find("safety");
    if (!safety) return;
    const Value* changes = safety->find("max_changes");
    if (changes && changes->is(Kind::integer)) workflow.safety.max_changes = changes->integer();
    const Value* percent = safety->find("max_percent");
    if (percent && percent->is(Kind::integer)) workflow.safety.max_percent = static_cast<double>(percent->integer());
    if (percent && percent->is(Kind::number)) workflow.safety.max_percent = percent->number();
    const Node* empty = root.find("safety")->find("stop_if_empty");
    if (empty && !empty->is_empty()) workflow.safety.stop_if_empty = fields_.expression(*empty);
  }

  const YamlDocument& document_;
  const Catalog& catalog_;
  FieldReader fields_;
  StepLoader steps_;
};

/// A run goes on with the version that it began with, whatever is refused by now: `is_new` where none has begun.
LoadedWorkflow load(std::shared_ptr<const SourceText> source, const Catalog& catalog, const ReadYaml& read,
                    bool is_new) {
  LoadedWorkflow loaded;
  if (auto unfit = unfit_text(source)) {
    loaded.findings.push_back(std::move(*unfit));
    return loaded;
  }
  YamlDocument document = read(std::move(source));
  loaded.findings = std::move(document.findings);
  const bool broken = has_errors(loaded.findings);
  if (document.root && !document.root->is_map()) {
    loaded.findings.push_back(not_a_mapping(document, "version: 1"));
  } else if (document.root) {
    loaded.workflow = WorkflowLoader(document, loaded.findings, catalog).load(*document.root);
  } else if (!broken) {
    loaded.findings.push_back(empty_file(document));
  }
  if (is_new) {
    const auto reads = [&catalog](std::string_view place, std::string_view action) {
      return place.starts_with("triggers/verify") || place.starts_with("triggers/challenge/hmac") ||
             is_secret_input(place, action, catalog);
    };
    for (Finding& one : find_unread_secrets(document, reads)) loaded.findings.push_back(std::move(one));
  }
  sort_findings(loaded.findings);
  return loaded;
}

LoadedWorkflow checked(LoadedWorkflow loaded, const Catalog& catalog, const Project* project) {
  if (!loaded.workflow) return loaded;
  for (Finding& one : check_workflow(*loaded.workflow, catalog, project)) loaded.findings.push_back(std::move(one));
  sort_findings(loaded.findings);
  if (has_errors(loaded.findings)) loaded.workflow.reset();
  return loaded;
}

}  // namespace

LoadedWorkflow load_workflow(std::shared_ptr<const SourceText> source, const Catalog& catalog, const ReadYaml& read) {
  return load(std::move(source), catalog, read, false);
}

LoadedWorkflow load_workflow(std::shared_ptr<const SourceText> source, const Catalog& catalog) {
  return load_workflow(std::move(source), catalog, read_yaml);
}

LoadedWorkflow load_workflow_file(const std::filesystem::path& path, const std::string& shown_as,
                                  const Catalog& catalog) {
  auto source = read_source(path, shown_as);
  if (const Finding* unreadable = std::get_if<Finding>(&source)) return {std::nullopt, {*unreadable}};
  return load_workflow(std::get<std::shared_ptr<const SourceText>>(std::move(source)), catalog);
}

LoadedWorkflow load_and_check(std::shared_ptr<const SourceText> source, const Catalog& catalog,
                              const Project* project) {
  return checked(load(std::move(source), catalog, read_yaml, true), catalog, project);
}

LoadedWorkflow load_and_check(const std::filesystem::path& path, const std::string& shown_as, const Catalog& catalog,
                              const Project* project, const ReadYaml& read) {
  if (auto second = why_second({path, shown_as})) return {std::nullopt, {std::move(*second)}};
  auto source = read_source(path, shown_as);
  if (const Finding* unreadable = std::get_if<Finding>(&source)) return {std::nullopt, {*unreadable}};
  auto text = std::get<std::shared_ptr<const SourceText>>(std::move(source));
  return checked(load(std::move(text), catalog, read ? read : read_yaml, true), catalog, project);
}

LoadedWorkflow load_version(const std::string& workflow, const std::string& text, const Catalog& catalog) {
  if (workflow == alarms_workflow)
    return load_alarm_actions(std::make_shared<const SourceText>(SourceText{"millrace.yaml", text}), catalog);
  return load_workflow(std::make_shared<const SourceText>(SourceText{workflow + ".yaml", text}), catalog);
}

}  // namespace millrace
