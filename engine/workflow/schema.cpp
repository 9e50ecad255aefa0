#include <algorithm>
#include <string>
#include <utility>

#include "workflow/check_permissions.hpp"
#include "workflow/format_schemas.hpp"
#include "workflow/load.hpp"

namespace millrace {
namespace {

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
  return with_entry(inputs, "properties", std::move(relaxed));
}

bool refers(const Value& schema) {
  if (schema.is_list()) return std::any_of(schema.list().begin(), schema.list().end(), refers);
  if (!schema.is_map()) return false;
  return std::any_of(schema.map().begin(), schema.map().end(), [](const auto& member) {
    const auto& [name, value] = member;
    return (name.text() == "$ref" && value.is_text()) || refers(value);
  });
}

/// The schema with what it refers to at its own root, "#/definitions/day", found at `root` instead.
Value redirected(const Value& schema, const std::string& root) {
  if (schema.is_list()) {
    Value::List items;
    for (const Value& item : schema.list()) items.push_back(redirected(item, root));
    return items;
  }
  if (!schema.is_map()) return schema;
  Map members;
  for (const auto& [name, value] : schema.map()) {
    const bool own = name.text() == "$ref" && value.is_text() && value.text().starts_with('#');
    if (name.text() == "$id" && value.is_text()) continue;  // it would be a root of its own
    members.set(name, own ? Value(root + value.text().substr(1)) : redirected(value, root));
  }
  return members;
}

/// The whole document that editors read: one out of the schemas of many plugins.
class EditorSchema {
 public:
  /// `if` the step's key says this name, `then` its `with` is this.
  Value rule(std::string_view key, const std::string& name, const Value& inputs) {
    Map named;
    named.set(Value(key), Value::object({{"const", name}}));
    const Value condition =
        Value::object({{"properties", Value(std::move(named))}, {"required", Value::List{Value(key)}}});
    const Value* required = inputs.find("required");
    const bool needed = required && required->is_list() && !required->list().empty();
    Map then;
    then.set("properties", Value::object({{"with", with_of(std::string(key) + "." + name, inputs)}}));
    if (needed) then.set("required", Value::List{Value("with")});
    return Value::object({{"if", condition}, {"then", Value(std::move(then))}});
  }

  /// Of the whole document: those of the format, and the schemas that refer to parts of themselves.
  Value definitions(const Value& of_format) const {
    Map all = of_format.map();
    for (const auto& [name, schema] : referring_) all.set(name, schema);
    return all;
  }

 private:
  Value with_of(const std::string& called, const Value& inputs) {
    if (!refers(inputs)) return for_editors(inputs);
    const std::string root = "#/definitions/" + called;
    referring_.set(Value(called), redirected(inputs, root));
    return redirected(for_editors(inputs), root);
  }

  Map referring_;
};

Value grown(const Value& form, std::string_view key, const Value::List& names, Value::List rules) {
  Map properties = form.find("properties")->map();
  const Value* before = properties.find(key);
  if (before && !names.empty()) properties.set(Value(key), with_entry(*before, "enum", names));
  Value result = with_entry(form, "properties", std::move(properties));
  return rules.empty() ? result : with_entry(result, "allOf", std::move(rules));
}

/// `permissions` with the kinds that the installed plugins touch.
Value with_kinds(const Value& permissions, const Catalog& catalog) {
  Map properties = permissions.find("properties")->map();
  const Value permission = Value::object({{"$ref", "#/definitions/permission"}});
  for (const std::string& kind : known_kinds(catalog)) {
    if (properties.find(std::string_view(kind)) == nullptr) properties.set(Value(kind), permission);
  }
  return with_entry(permissions, "properties", std::move(properties));
}

}  // namespace

Value workflow_schema(const Catalog& catalog) {
  EditorSchema whole;
  Value::List action_names, action_rules, trigger_names, trigger_rules;
  for (const std::string& name : catalog.action_names()) {
    const Action& action = *catalog.find_action(name);
    action_names.emplace_back(name);
    if (action.input) action_rules.push_back(whole.rule("action", name, action.input->document()));
  }
  for (const std::string& name : catalog.trigger_names()) {
    const Trigger& trigger = *catalog.find_trigger(name);
    trigger_names.emplace_back(name);
    if (trigger.with) trigger_rules.push_back(whole.rule("trigger", name, trigger.with->document()));
  }
  const Value base = shipped_schema("workflow.schema.json");
  Value definitions = whole.definitions(*base.find("definitions"));
  definitions = with_entry(definitions, "action_step",
                           grown(*definitions.find("action_step"), "action", action_names, std::move(action_rules)));
  definitions =
      with_entry(definitions, "plugin_trigger",
                 grown(*definitions.find("plugin_trigger"), "trigger", trigger_names, std::move(trigger_rules)));
  definitions = with_entry(definitions, "permissions", with_kinds(*definitions.find("permissions"), catalog));
  return with_entry(base, "definitions", std::move(definitions));
}

}  // namespace millrace
