#include "workflow/format_schemas.hpp"

#include <cassert>
#include <map>
#include <memory>
#include <string>

#include "schema/embedded.hpp"
#include "value/json.hpp"

namespace millrace {
Value with_entry(const Value& object, std::string_view name, Value value) {
  Map members = object.map();
  members.set(Value(name), std::move(value));
  return members;
}

namespace {

using Parts = std::map<std::string, std::shared_ptr<const Schema>, std::less<>>;

std::shared_ptr<const Schema> read(Value document) {
  auto schema = Schema::parse(std::move(document));
  assert(schema);  // it is a part of the program
  return *schema;
}

/// The definitions, with steps and triggers closed: what is inside them is somebody else's business.
Value closed_definitions(const Value& document) {
  Value definitions = *document.find("definitions");
  definitions = with_entry(definitions, "step", Value::object({{"type", "object"}, {"format", "values"}}));
  const Value kinds = Value::List{Value("object"), Value("string")};
  return with_entry(definitions, "trigger", Value::object({{"type", kinds}, {"format", "values"}}));
}

Parts make_parts() {
  const Value document = shipped_schema("workflow.schema.json");
  const Value definitions = closed_definitions(document);
  Parts parts;
  parts.emplace("", read(with_entry(document, "definitions", definitions)));
  for (const auto& [name, definition] : definitions.map()) {
    const bool form = name.text().ends_with("_step") || name.text().ends_with("_trigger");
    // The whole has been read with all its definitions: a part of it has nothing new to say, and there are twenty.
    if (form) parts.emplace(name.text(), Schema::known_good(with_entry(definition, "definitions", definitions)));
  }
  return parts;
}

const Parts& parts() {
  static const Parts made = make_parts();
  return made;
}

}  // namespace

Value shipped_schema(std::string_view file) {
  auto document = parse_json(embedded_schema(file));
  assert(document);
  return *document;
}

const Schema& workflow_format() { return *parts().find("")->second; }

const Schema* workflow_part(std::string_view definition) {
  const auto found = parts().find(definition);
  return found == parts().end() ? nullptr : found->second.get();
}

const Schema& project_format() {
  static const std::shared_ptr<const Schema> schema = read(shipped_schema("project.schema.json"));
  return *schema;
}

const Schema& plugin_lock_format() {
  static const std::shared_ptr<const Schema> schema = read(shipped_schema("plugin_lock.schema.json"));
  return *schema;
}

const Schema& test_format() {
  static const std::shared_ptr<const Schema> schema = read(shipped_schema("test.schema.json"));
  return *schema;
}

}  // namespace millrace
