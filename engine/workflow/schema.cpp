#include "workflow/format_schemas.hpp"
#include "workflow/load.hpp"

namespace millrace {
namespace {

Value with_member(const Value& object, std::string_view name, Value value) {
  Map members = object.map();
  members.set(Value(name), std::move(value));
  return members;
}

bool takes_text(const SchemaView& view) {
  const std::vector<std::string> types = view.types();
  return types.empty() || view.allows("string");
}

/// The inputs as an editor shall see them: where the engine takes an expression, text fits too.
Value for_editors(const Value& inputs) {
  const Value* properties = inputs.find("properties");
  if (!properties || !properties->is_map()) return inputs;
  Map relaxed;
  for (const auto& [name, schema] : properties->map()) {
    const SchemaView view(inputs, schema);
    if (!schema.is_map() || (takes_text(view) && view.format().empty())) {
      relaxed.set(name, schema);
      continue;
    }
    const Value expression = Value::object({{"type", "string"}, {"description", "an expression, or text with ${{ }}"}});
    Map either;
    if (const Value* description = schema.find("description")) either.set("description", *description);
    either.set("anyOf", Value::List{schema, expression});
    relaxed.set(name, std::move(either));
  }
  return with_member(inputs, "properties", std::move(relaxed));
}

/// `if` the step's key says this name, `then` its `with` is this.
Value rule(std::string_view key, const std::string& name, const Value& inputs) {
  Map named;
  named.set(Value(key), Value::object({{"const", name}}));
  const Value condition =
      Value::object({{"properties", Value(std::move(named))}, {"required", Value::List{Value(key)}}});
  const Value* required = inputs.find("required");
  const bool needed = required && required->is_list() && !required->list().empty();
  Map then;
  then.set("properties", Value::object({{"with", for_editors(inputs)}}));
  if (needed) then.set("required", Value::List{Value("with")});
  return Value::object({{"if", condition}, {"then", Value(std::move(then))}});
}

Value grown(const Value& form, std::string_view key, const Value::List& names, Value::List rules) {
  Map properties = form.find("properties")->map();
  const Value* before = properties.find(key);
  if (before && !names.empty()) properties.set(Value(key), with_member(*before, "enum", names));
  Value result = with_member(form, "properties", std::move(properties));
  return rules.empty() ? result : with_member(result, "allOf", std::move(rules));
}

}  // namespace

Value workflow_schema(const Catalog& catalog) {
  Value::List action_names, action_rules, trigger_names, trigger_rules;
  for (const auto& plugin : catalog.plugins()) {
    for (const Action& action : plugin->actions) {
      action_names.emplace_back(action.name);
      if (action.input) action_rules.push_back(rule("action", action.name, action.input->document()));
    }
    for (const Trigger& trigger : plugin->triggers) {
      trigger_names.emplace_back(trigger.name);
      if (trigger.with) trigger_rules.push_back(rule("trigger", trigger.name, trigger.with->document()));
    }
  }
  const Value base = shipped_schema("workflow.schema.json");
  Value definitions = *base.find("definitions");
  definitions = with_member(definitions, "action_step",
                            grown(*definitions.find("action_step"), "action", action_names, std::move(action_rules)));
  definitions =
      with_member(definitions, "plugin_trigger",
                  grown(*definitions.find("plugin_trigger"), "trigger", trigger_names, std::move(trigger_rules)));
  return with_member(base, "definitions", std::move(definitions));
}

}  // namespace millrace
