#include "plugin/examples.hpp"

#include <algorithm>

#include "catalog/arguments.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

void check_shape(const std::string& what, const std::shared_ptr<const Schema>& schema, const Value& value,
                 std::vector<std::string>& problems) {
  if (schema == nullptr) return;
  for (const ShapeProblem& problem : schema->check(value)) {
    problems.push_back(what + (problem.pointer.empty() ? "" : " at " + problem.pointer) + ": " + problem.message);
  }
}

/// The input with its expressions taken out: what they give is only known item by item.
Value with_open_expressions(const Action& action, const Value& input) {
  if (!input.is_map()) return input;
  Map open = input.map();
  for (const auto& [name, value] : input.map()) {
    if (action.inputs().property(name.text()).format() == "expression") open.set(name, Value::unknown(name.text()));
  }
  return Value(std::move(open));
}

void compare(const std::string& what, const Result<Value>& got, const Value& expected,
             std::vector<std::string>& problems) {
  if (!got) {
    problems.push_back(what + ": " + got.error().message);
  } else if (!(*got == expected)) {
    problems.push_back(what + ": gives " + encode_json(*got) + ", not " + encode_json(expected));
  }
}

/// A pure action's result for an example; inputs of format "expression" stand in the example as text.
Result<Value> result_of(const Action& action, const Value& input) {
  std::vector<std::pair<std::string, Template>> written;
  for (const std::string& name : action.inputs().property_names()) {
    const SchemaView field = action.inputs().property(name);
    const Value* given = input.find(name);
    if (field.format() != "expression" || given == nullptr || !given->is_text()) continue;
    auto parsed = Expression::parse(given->text());
    if (const auto* error = std::get_if<ExpressionError>(&parsed))
      return Error{ErrorCode::invalid, name + ": " + error->message};
    written.emplace_back(
        name, Template::closure({std::get<Expression>(parsed), {}}, field.raw()->text_or("x-parameter", "item")));
  }
  return pure_result(action, input, Template::map(std::move(written)).closures(), Bindings());
}

/// Services that give nothing, and tell whether something was wanted.
class NoServices final : public CallServices {
 public:
  Task<Result<Value>> call_action(std::string, Value) override { return refuse(); }
  Task<Result<Value>> http(RequestParts) override { return refuse(); }
  Task<Result<Value>> write_file(std::string, std::string) override { return refuse(); }
  Task<Result<Value>> read_state(std::string) override { return refuse(); }
  Task<Result<Value>> write_state(std::string, Value) override { return refuse(); }
  Task<Result<Value>> swap_state(std::string, Value, Value) override { return refuse(); }
  Task<Result<Value>> announce(std::string, std::int64_t) override { return refuse(); }
  Timestamp now() const override { return now_utc(); }
  std::string origin() const override { return "an example"; }
  bool asked() const noexcept { return asked_; }

 private:
  Task<Result<Value>> refuse() {
    asked_ = true;
    co_return Error{ErrorCode::unavailable, "an example has no engine behind it"};
  }
  bool asked_ = false;
};

bool takes_expressions(const Action& action) {
  const std::vector<std::string> names = action.inputs().property_names();
  return std::any_of(names.begin(), names.end(), [&action](const std::string& name) {
    const SchemaView field = action.inputs().property(name);
    return field.format() == "expression" || !field.raw()->text_or("x-element-of").empty() ||
           field.raw()->find("additionalProperties") != nullptr;
  });
}

/// An example without an output is a delivery that is none of the trigger's own.
void check_delivery(const Trigger& trigger, const Example& example, std::vector<std::string>& problems) {
  const std::string what = trigger.name + ", example \"" + example.summary + "\"";
  Bindings names;
  const Value* with = example.input.find("with");
  const Value* delivery = example.input.find("delivery");
  if (delivery == nullptr && (trigger.accepts || trigger.map)) {
    problems.push_back(what + ", input: what is delivered stands under delivery, as {\"delivery\": {...}}");
    return;
  }
  names.set("with", with != nullptr ? *with : Value(Map()));
  names.set("delivery", delivery != nullptr ? *delivery : Value());
  if (trigger.accepts)
    compare(what + ", accepts", trigger.accepts->evaluate(names), !example.output.is_null(), problems);
  if (trigger.accepts && example.output.is_null()) return;
  check_shape(what + ", event", trigger.event, example.output, problems);
  if (trigger.map) compare(what, trigger.map->evaluate(names), example.output, problems);
}

}  // namespace

Task<std::vector<std::string>> try_examples(PluginHost& host, const Manifest& plugin) {
  std::vector<std::string> problems;
  for (const Action& action : plugin.actions) {
    if (action.effect != Effect::none || action.result || action.request || takes_expressions(action)) continue;
    for (const Example& example : action.examples) {
      if (example.output.is_null()) continue;
      NoServices services;
      const auto got = co_await host.call(plugin, action, example.input, services);
      if (!services.asked())
        compare(action.name + ", example \"" + example.summary + "\"", got, example.output, problems);
    }
  }
  co_return problems;
}

std::vector<std::string> check_examples(const Manifest& plugin) {
  std::vector<std::string> problems;
  for (const Action& action : plugin.actions) {
    for (const Example& example : action.examples) {
      const std::string what = action.name + ", example \"" + example.summary + "\"";
      check_shape(what + ", input", action.input, with_open_expressions(action, example.input), problems);
      if (example.output.is_null() && !action.result) continue;
      check_shape(what + ", output", action.output, example.output, problems);
      if (action.result) compare(what, result_of(action, example.input), example.output, problems);
    }
  }
  for (const Trigger& trigger : plugin.triggers) {
    for (const Example& example : trigger.examples) {
      check_delivery(trigger, example, problems);
    }
  }
  return problems;
}

}  // namespace millrace
