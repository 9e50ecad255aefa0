#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "value/list_of.hpp"
#include "workflow/check_permissions.hpp"
#include "workflow/format_schemas.hpp"
#include "workflow/load.hpp"
#include "workflow/step.hpp"

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

/// Whether a text field takes whatever is written there, and with it what looks like a number.
bool takes_numbers_as_text(const Map& field) {
  if (field.find("enum") != nullptr || field.find("const") != nullptr) return false;
  const Value* format = field.find("format");
  if (format != nullptr && *format != Value("template")) return false;
  const Value* pattern = field.find("pattern");
  if (pattern == nullptr) return true;
  const auto text = Schema::parse(Value::object({{"type", "string"}, {"pattern", *pattern}}));
  return text && (*text)->check("0123").empty() && (*text)->check("1.5").empty();
}

/// The types of a field that is for text alone, or for a list of texts, and numbers and truth values.
Value with_other_scalars(const Value& types) {
  Value::List all = types.is_list() ? types.list() : Value::List{types};
  const auto is_of_text = [](const Value& type) { return type == Value("string") || type == Value("array"); };
  const bool text = std::find(all.begin(), all.end(), Value("string")) != all.end();
  if (!text || !std::all_of(all.begin(), all.end(), is_of_text)) return types;
  for (const char* other : {"number", "boolean"}) all.emplace_back(other);
  return all;
}

/// A text field takes `2024`, `1.10` and `no` as they are written, as `check` reads it: to an editor they are numbers
/// and truth values wherever they stand.
Value with_scalars_as_text(const Value& schema) {
  if (schema.is_list()) return each_of(schema, with_scalars_as_text);
  if (!schema.is_map()) return schema;
  static constexpr std::array<std::string_view, 3> named_schemas = {"properties", "patternProperties", "definitions"};
  static constexpr std::array<std::string_view, 6> as_they_are = {"x-example", "enum", "const",
                                                                  "default",   "if",   "oneOf"};
  const auto is_in = [](const auto& names, const Value& name) {
    return std::find(names.begin(), names.end(), name.text()) != names.end();
  };
  Map members;
  for (const auto& [name, value] : schema.map()) {
    if (is_in(as_they_are, name)) {
      members.set(name, value);
    } else if (is_in(named_schemas, name) && value.is_map()) {
      Map named;
      for (const auto& [member, one] : value.map()) named.set(member, with_scalars_as_text(one));
      members.set(name, std::move(named));
    } else {
      members.set(name, with_scalars_as_text(value));
    }
  }
  const Value* types = members.find("type");
  if (types != nullptr && takes_numbers_as_text(members)) members.set("type", with_other_scalars(*types));
  return members;
}

/// Without what keeps editors from offering a first key: where one is allowed, they count the one that is being typed.
Value for_typing(const Value& schema) {
  if (schema.is_list()) return each_of(schema, for_typing);
  if (!schema.is_map()) return schema;
  Map members;
  for (const auto& [name, value] : schema.map()) {
    if (name.text() != "maxProperties" || !value.is(Kind::integer)) members.set(name, for_typing(value));
  }
  return members;
}

/// One item stands for the list that it should be in, as `check` reads it.
Value with_lone_items(const Value& schema) {
  if (schema.is_list()) return each_of(schema, with_lone_items);
  if (!schema.is_map()) return schema;
  Map members;
  for (const auto& [name, value] : schema.map()) {
    const bool data = name.text() == "x-example" || name.text() == "enum" || name.text() == "const";
    members.set(name, data ? value : with_lone_items(value));
  }
  const Value* items = members.find("items");
  if (Value(members).text_or("type") != "array") return members;
  if (items == nullptr && members.find("allOf") != nullptr) members.erase("type");  // which is said there, too
  if (items == nullptr) return members;
  Map either;
  for (const std::string_view told : {"title", "description", "x-example"}) {
    if (const Value* words = members.find(told)) either.set(Value(told), *words);
  }
  either.set("if", Value::object({{"type", "array"}}));
  either.set("else", *items);
  either.set("then", Value(std::move(members)));
  return either;
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
    const Value condition = Value::object(
        {{"type", "object"}, {"properties", Value(std::move(named))}, {"required", Value::List{Value(key)}}});
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
  Value with_of(const std::string& called, const Value& as_declared) {
    const Value inputs = with_scalars_as_text(as_declared);
    if (!refers(inputs)) return for_editors(inputs);
    const std::string root = "#/definitions/" + called;
    referring_.set(Value(called), redirected(inputs, root));
    return redirected(for_editors(inputs), root);
  }

  Map referring_;
};

/// The form with the names that its key may have, and rules for what goes with each.
Value grown(const Value& form, std::string_view key, Value::List names, Value::List rules) {
  Map properties = form.find("properties")->map();
  const Value* before = properties.find(key);
  if (before && !names.empty()) properties.set(Value(key), with_entry(*before, "anyOf", std::move(names)));
  Value result = with_entry(form, "properties", std::move(properties));
  return rules.empty() ? result : with_entry(result, "allOf", std::move(rules));
}

Value name_with_words(const std::string& name, const std::string& words) {
  return Value::object({{"const", name}, {"title", name}, {"description", words}});
}

/// A form of steps or triggers, and the key by which it is known.
struct KeyedForm {
  std::string definition;
  std::string_view key;
};

std::vector<KeyedForm> step_forms() {
  std::vector<KeyedForm> forms;
  for (const std::string_view word : step_words) forms.push_back({std::string(word) + "_step", word});
  return forms;
}

std::vector<KeyedForm> trigger_forms() {
  return {{"plugin_trigger", "trigger"},  {"schedule_trigger", "schedule"}, {"cron_trigger", "cron"},
          {"webhook_trigger", "webhook"}, {"watch_trigger", "watch"},       {"file_trigger", "file"},
          {"after_trigger", "after"},     {"manual_trigger", "manual"}};
}

/// One form after the other, chosen by its key; without any of the keys, what a step or trigger may be begun with. So
/// an editor offers these few keys first, and then those of the one form that was meant, where a choice of all forms
/// would offer everything that any of them has.
Value chosen_by_key(const Value& definitions, const std::vector<KeyedForm>& forms, Map first_keys) {
  for (const KeyedForm& form : forms) {
    const std::string words = definitions.find(form.definition)->text_or("description");
    first_keys.set(Value(form.key), Value::object({{"title", form.key}, {"description", words}}));
  }
  Value chosen = Value::object(
      {{"type", "object"}, {"properties", Value(std::move(first_keys))}, {"additionalProperties", false}});
  for (auto form = forms.rbegin(); form != forms.rend(); ++form) {
    const Value condition = Value::object({{"type", "object"}, {"required", Value::List{Value(form->key)}}});
    const Value meant = Value::object({{"$ref", "#/definitions/" + form->definition}});
    chosen = Value::object({{"if", condition}, {"then", meant}, {"else", chosen}});
  }
  return chosen;
}

/// Each form under its key's name, which says what the form is for where it says nothing of its own.
Value titled(Value definitions, const std::vector<KeyedForm>& forms) {
  for (const KeyedForm& keyed : forms) {
    const Value& form = *definitions.find(keyed.definition);
    const Value& properties = *form.find("properties");
    Value key = *properties.find(keyed.key);
    if (key.find("description") == nullptr) {
      key = key.find("$ref") != nullptr ? Value::object({{"allOf", Value::List{key}}}) : key;
      key = with_entry(key, "description", form.text_or("description"));
    }
    const Value shown = with_entry(form, "properties", with_entry(properties, keyed.key, std::move(key)));
    definitions = with_entry(definitions, keyed.definition, with_entry(shown, "title", keyed.key));
  }
  return definitions;
}

/// The definitions with steps and triggers that are chosen by their keys.
Value with_choices(Value definitions) {
  const std::vector<KeyedForm> steps = step_forms(), triggers = trigger_forms();
  definitions = titled(titled(std::move(definitions), steps), triggers);
  const Value* common = definitions.find("do_step")->find("properties");
  Map names;
  for (const std::string_view name : {"id", "name"}) names.set(Value(name), *common->find(name));
  definitions = with_entry(definitions, "step", chosen_by_key(definitions, steps, std::move(names)));
  const Value by_hand = Value::object({{"enum", Value::List{Value("manual")}}, {"description", "By hand."}});
  const Value trigger = Value::object({{"if", Value::object({{"type", "string"}})},
                                       {"then", by_hand},
                                       {"else", chosen_by_key(definitions, triggers, Map())}});
  return with_entry(definitions, "trigger", trigger);
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
    const std::string effect(name_of(action.effect));
    const std::string scope = action.scope.empty() ? "" : " Scope: " + action.scope + ".";
    action_names.push_back(name_with_words(name, action.summary + ". Effect: " + effect + "." + scope));
    if (action.input) action_rules.push_back(whole.rule("action", name, action.input->document()));
  }
  for (const std::string& name : catalog.trigger_names()) {
    const Trigger& trigger = *catalog.find_trigger(name);
    trigger_names.push_back(name_with_words(name, trigger.summary + "."));
    if (trigger.with) trigger_rules.push_back(whole.rule("trigger", name, trigger.with->document()));
  }
  const Value base = with_lone_items(with_scalars_as_text(shipped_schema("workflow.schema.json")));
  Value definitions = whole.definitions(*base.find("definitions"));
  definitions =
      with_entry(definitions, "action_step",
                 grown(*definitions.find("action_step"), "action", std::move(action_names), std::move(action_rules)));
  definitions = with_entry(
      definitions, "plugin_trigger",
      grown(*definitions.find("plugin_trigger"), "trigger", std::move(trigger_names), std::move(trigger_rules)));
  definitions = with_entry(definitions, "permissions", with_kinds(*definitions.find("permissions"), catalog));
  return for_typing(with_entry(base, "definitions", with_choices(std::move(definitions))));
}

Value project_schema() {
  return for_typing(with_lone_items(with_scalars_as_text(shipped_schema("project.schema.json"))));
}

Value test_schema() { return for_typing(with_lone_items(with_scalars_as_text(shipped_schema("test.schema.json")))); }

}  // namespace millrace
