#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "api/catalog_json.hpp"
#include "base/text.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

Value schema_or_null(const std::shared_ptr<const Schema>& schema) {
  return schema != nullptr ? schema->document() : Value();
}

void print_fields(const char* title, const SchemaView& view) {
  const auto names = view.property_names();
  if (names.empty()) return;
  std::printf("%s\n", title);
  const auto required = view.required();
  for (const std::string& name : names) {
    const SchemaView field = view.property(name);
    const bool needed = std::find(required.begin(), required.end(), name) != required.end();
    const std::string type = !field.format().empty() ? field.format() : join(field.types(), " or ");
    print(fmt::format("  {:<18} {:<12} {}{}", name, type, needed ? "(needed) " : "", field.description()));
  }
}

void print_examples(const std::vector<Example>& examples) {
  for (const Example& example : examples) {
    print("example: " + example.summary);
    print("  " + encode_json(example.input));
    if (!example.output.is_null()) print("  gives " + encode_json(example.output));
  }
}

Value examples_of(const std::vector<Example>& examples) {
  Value::List list;
  for (const Example& example : examples) {
    list.push_back(Value::object({{"summary", example.summary}, {"input", example.input}, {"output", example.output}}));
  }
  return Value(std::move(list));
}

/// The request that it becomes; empty where it is none.
std::string sent_by(const Action& action) {
  if (!action.request || action.mails()) return "";
  const RequestMapping& request = *action.request;
  if (!request.path.empty()) return request.method + " " + request.path;
  if (!request.url_input.empty()) return "a request to the address that its input " + request.url_input + " names";
  return request.method + " to the address of its connection as it stands: no path of its own is published";
}

int show(const Session& session, const Action& action) {
  if (session.json) {
    Map entry = encode_entry(action).map();
    entry.set("input", schema_or_null(action.input));
    entry.set("output", schema_or_null(action.output));
    entry.set("examples", examples_of(action.examples));
    print_json(Value(std::move(entry)));
    return exit_done;
  }
  print(action.name + ": " + action.summary);
  print("effect: " + std::string(name_of(action.effect)));
  if (const std::string sent = sent_by(action); !sent.empty()) print("sends: " + sent);
  if (!action.scope.empty()) print("scope: " + action.scope);
  print_fields("takes", action.inputs());
  print_fields("gives", action.outputs());
  print_examples(action.examples);
  return exit_done;
}

int show(const Session& session, const Trigger& trigger) {
  if (session.json) {
    Map entry = encode_entry(trigger).map();
    entry.set("with", schema_or_null(trigger.with));
    entry.set("event", schema_or_null(trigger.event));
    entry.set("examples", examples_of(trigger.examples));
    print_json(Value(std::move(entry)));
    return exit_done;
  }
  print(trigger.name + ": " + trigger.summary);
  if (trigger.kind == "webhook")
    print(trigger.delivery.empty()
              ? "delivery: whatever arrives on the workflow's path; the sender publishes no name for it"
              : "delivery: " + trigger.delivery);
  if (trigger.event != nullptr) print_fields("event", SchemaView(trigger.event->document(), trigger.event->document()));
  print_examples(trigger.examples);
  return exit_done;
}

}  // namespace

int catalog_list_command(const Session& session, const std::string& plugin) {
  const Catalog catalog = open_catalog(session, Manifests::all);
  Map document = encode_catalog(catalog).map();
  Value::List entries = document.find("entries")->list();
  if (!plugin.empty()) {
    std::vector<std::string> plugins;
    for (const Value& entry : entries) plugins.push_back(split(entry.text_or("name"), '.').front());
    if (std::find(plugins.begin(), plugins.end(), plugin) == plugins.end()) {
      complain("no plugin \"" + plugin + "\" offers anything" + did_you_mean(plugin, plugins) +
               " (millrace plugin list has all of them)");
      return exit_failed;
    }
    std::erase_if(entries, [&](const Value& entry) { return !entry.text_or("name").starts_with(plugin + "."); });
    document.set("entries", entries);
  }
  if (session.json) {
    print_json(Value(std::move(document)));
    return exit_done;
  }
  for (const Value& entry : entries) {
    const std::string effect = entry.text_or("effect", "trigger");
    print(fmt::format("{:<34} {:<8} {}", entry.text_or("name"), effect, entry.text_or("summary")));
  }
  return exit_done;
}

int catalog_show_command(const Session& session, const std::string& name) {
  const Catalog catalog = open_catalog(session);
  if (const Action* action = catalog.find_action(name)) return show(session, *action);
  if (const Trigger* trigger = catalog.find_trigger(name)) return show(session, *trigger);
  std::vector<std::string> known = catalog.action_names();
  for (std::string& trigger : catalog.trigger_names()) known.push_back(std::move(trigger));
  complain("there is no trigger or action \"" + name + "\"" + did_you_mean(name, known) +
           " (millrace catalog lists them)");
  return exit_failed;
}

int catalog_functions_command(const Session& session) {
  Value::List functions;
  for (const FunctionEntry& entry : function_entries()) {
    functions.push_back(Value::object({{"name", entry.name},
                                       {"signature", entry.signature},
                                       {"summary", entry.summary},
                                       {"example", entry.example},
                                       {"extension", entry.extension}}));
    if (session.json) continue;
    std::printf("%-44s %s\n", entry.signature.c_str(), entry.summary.c_str());
    for (const std::string& example : split(entry.example, '\n')) std::printf("    %s\n", example.c_str());
  }
  if (session.json) print_json(Value::object({{"functions", Value(std::move(functions))}}));
  return exit_done;
}

int catalog_routes_command(const Session& session) {
  const Value document = encode_routes();
  if (session.json) {
    print_json(document);
    return exit_done;
  }
  for (const Value& route : document.find("routes")->list()) {
    print(fmt::format("{:<4} {:<46} {:<12} {}", route.text_or("method"), route.text_or("path"),
                      route.text_or("opened_by"), route.text_or("does")));
  }
  return exit_done;
}

}  // namespace millrace
