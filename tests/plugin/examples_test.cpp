#include <doctest/doctest.h>

#include <algorithm>

#include "catalog/catalog.hpp"
#include "plugin/host_bench.hpp"
#include "value/json.hpp"

using namespace millrace;

TEST_SUITE_BEGIN("plugin");

namespace {

const Catalog& shipped() {
  static const Catalog catalog = Catalog::load(std::filesystem::path(TEST_BUILD) / "../plugins", "");
  return catalog;
}

std::string misfits(const Schema& schema, const Value& value) {
  std::string all;
  for (const ShapeProblem& problem : schema.check(value)) all += problem.pointer + ": " + problem.message + "\n";
  return all;
}

Expression parsed(const std::string& text) {
  auto result = Expression::parse(text);
  REQUIRE_MESSAGE(std::holds_alternative<Expression>(result), text);
  return std::get<Expression>(std::move(result));
}

/// A pure action as the runtime does it: inputs by name, those of format "expression" as functions.
std::string evaluated(const Action& action, const Value& input) {
  Bindings names;
  for (const std::string& name : action.inputs().property_names()) {
    const SchemaView schema = action.inputs().property(name);
    const Value* value = input.find(name);
    if (schema.format() != "expression") {
      names.set(name, value != nullptr ? *value : Value());
    } else if (value != nullptr) {
      const std::string parameter = schema.raw()->text_or("x-parameter", "item");
      names.set(name, Closure{.body = parsed(value->text()), .parameter = parameter, .names = &names});
    }
  }
  const auto result = action.result->evaluate(names);
  return result ? encode_json(*result) : "error: " + result.error().message;
}

/// The example's input without its closures: those are expressions, whatever the schema says of their results.
Value without_closures(const Action& action, const Value& input) {
  Map members;
  for (const auto& [name, value] : input.map()) {
    const bool closure = action.inputs().property(name.text()).format() == "expression";
    members.set(name, closure ? Value::unknown("a closure") : value);
  }
  return members;
}

}  // namespace

TEST_CASE("every plugin that comes with Millrace is loaded without a problem") {
  for (const Catalog::Problem& problem : shipped().problems()) FAIL_CHECK(render(problem.error));
  CHECK(shipped().plugins().size() >= 7);
}

TEST_CASE("the examples in manifests are true") {
  for (const auto& plugin : shipped().plugins()) {
    for (const Action& action : plugin->actions) {
      for (const Example& example : action.examples) {
        CAPTURE(action.name + ": " + example.summary);
        CHECK(misfits(*action.input, without_closures(action, example.input)) == "");
        if (!example.output.is_null()) CHECK(misfits(*action.output, example.output) == "");
        if (action.result) CHECK(evaluated(action, example.input) == encode_json(example.output));
      }
    }
    for (const Trigger& trigger : plugin->triggers) {
      for (const Example& example : trigger.examples) {
        CAPTURE(trigger.name + ": " + example.summary);
        CHECK(misfits(*trigger.with, *example.input.find("with")) == "");
        Bindings names;
        names.set("with", *example.input.find("with"));
        names.set("delivery", *example.input.find("delivery"));
        if (trigger.accepts)
          CHECK(test::told(trigger.accepts->evaluate(names)) == (example.output.is_null() ? "false" : "true"));
        if (example.output.is_null()) continue;
        CHECK(misfits(*trigger.event, example.output) == "");
        if (!trigger.map) continue;
        const auto event = trigger.map->evaluate(names);
        CHECK((event ? encode_json(*event) : "error: " + event.error().message) == encode_json(example.output));
      }
    }
  }
}

TEST_CASE("every webhook of a shipped plugin says which deliveries are its own, and shows one that is not") {
  for (const auto& plugin : shipped().plugins()) {
    for (const Trigger& trigger : plugin->triggers) {
      CAPTURE(trigger.name);
      CHECK(trigger.accepts);
      CHECK(std::any_of(trigger.examples.begin(), trigger.examples.end(),
                        [](const Example& example) { return example.output.is_null(); }));
    }
  }
}

TEST_CASE("the calls that a plugin announces are offered by some connector") {
  for (const auto& plugin : shipped().plugins()) {
    for (const Action& action : plugin->actions) {
      for (const std::string& call : action.calls) {
        bool offered = shipped().find_action(call) != nullptr;  // a job that calls another one by its full name
        for (const auto& other : shipped().plugins()) {
          offered = offered || (other->connection && shipped().find_action(other->name + "." + call));
        }
        CHECK_MESSAGE(offered, (action.name + " calls " + call));
      }
    }
  }
}

TEST_SUITE_END();
