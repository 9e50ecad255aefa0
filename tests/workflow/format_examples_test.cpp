#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "schema/reference.hpp"
#include "schema/schema.hpp"
#include "value/json.hpp"
#include "workflow/format_schemas.hpp"
#include "workflow/load.hpp"

using namespace millrace;

namespace {

const std::vector<std::string> formats = {"workflow", "project", "test", "manifest"};

/// Every place of a schema where a shape may stand, with its JSON pointer.
using Visit = std::function<void(const std::string& pointer, const Value& shape)>;
void each_shape(const Value& here, const std::string& pointer, const Visit& visit) {
  if (here.is_list()) {
    for (std::size_t at = 0; at < here.list().size(); ++at)
      each_shape(here.list()[at], pointer + "/" + std::to_string(at), visit);
  }
  if (!here.is_map()) return;
  visit(pointer, here);
  for (const auto& [key, inside] : here.map()) {
    if (key.text() != "examples" && key.text() != "x-example")
      each_shape(inside, pointer + pointer_step(key.text()), visit);
  }
}

std::string problems(const std::vector<ShapeProblem>& found) {
  std::string text;
  for (const ShapeProblem& problem : found) text += problem.pointer + ": " + problem.message + "\n";
  return text;
}

/// What a shape says, or what it refers to.
std::string said_of(const Value& document, const Value* shape) {
  while (shape != nullptr && shape->text_or("description").empty() && shape->find("$ref") != nullptr)
    shape = referred(document, shape->text_or("$ref"));
  return shape == nullptr ? "" : shape->text_or("description");
}

/// The key by which a mapping is one of its form is told with the form.
bool told_with_form(const Value& shape, const Value& key) {
  const Value* required = shape.find("required");
  return !shape.text_or("description").empty() && required != nullptr && required->list().front() == key;
}

/// What is wrong with a workflow that has this and nothing else.
std::string errors_in(const std::string& part) {
  static const Catalog shipped = Catalog::load(std::string(TEST_DATA) + "/../plugins", "");
  const std::string text = "{version: 1, vars: {plan: small, guests: [Ada]}, " + part + "}";
  const auto source = std::make_shared<const SourceText>(SourceText{"flow.yaml", text});
  std::string wrong;
  for (const Finding& finding : load_and_check(source, shipped, nullptr).findings) {
    const bool unbuilt = finding.rule == "broken-plugin";  // its library is not beside its manifest here
    if (finding.severity == Severity::error && !unbuilt) wrong += render(finding) + "\n";
  }
  return wrong;
}

}  // namespace

TEST_SUITE_BEGIN("workflow");

TEST_CASE("what a schema gives as an example fits where it stands") {
  int tried = 0;
  for (const std::string& format : formats) {
    const Value document = shipped_schema(format + ".schema.json");
    each_shape(document, "", [&](const std::string& pointer, const Value& shape) {
      const Value* example = shape.find("x-example");
      if (example == nullptr || pointer.ends_with("/properties")) return;
      ++tried;
      Map alone = shape.map();
      alone.set("definitions", *document.find("definitions"));
      const auto schema = Schema::parse(Value(std::move(alone)));
      CAPTURE(format + pointer);
      REQUIRE(schema);
      CHECK(problems((*schema)->check(*example)) == "");
    });
  }
  CHECK(tried > 100);
}

TEST_CASE("the schemas say of every key what it does") {
  for (const std::string& format : formats) {
    const Value document = shipped_schema(format + ".schema.json");
    each_shape(document, "", [&](const std::string& pointer, const Value& shape) {
      const Value* properties = shape.find("properties");
      if (properties == nullptr || !properties->is_map() || pointer.ends_with("/properties")) return;
      for (const auto& [key, value] : properties->map()) {
        if (told_with_form(shape, key)) continue;
        CAPTURE(format + pointer + " " + key.text());
        CHECK_FALSE(said_of(document, &value).empty());
      }
    });
  }
}

TEST_CASE("each kind of step and of trigger has an example that check accepts") {
  const Value document = shipped_schema("workflow.schema.json");
  for (const auto& [name, form] : document.find("definitions")->map()) {
    const bool step = name.text().ends_with("_step"), trigger = name.text().ends_with("_trigger");
    if (!step && !trigger) continue;
    CAPTURE(name.text());
    const Value* example = form.find("x-example");
    REQUIRE(example != nullptr);
    const std::string shown = "[" + encode_json(*example) + "]";
    CHECK(errors_in(step ? "actions: " + shown : "triggers: " + shown + ", actions: [{set: {seen: true}}]") == "");
  }
}

TEST_SUITE_END();
