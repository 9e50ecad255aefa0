#include "catalog/arguments.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace millrace {

namespace {

/// The list whose elements a mapping of expressions is evaluated for; empty for every other input.
std::string elements_of(const SchemaView& input) {
  const SchemaView member = input.property("");
  if (member.format() != "expression" || member.raw() == nullptr) return "";
  return member.raw()->text_or("x-element-of");
}

/// `names` are those of the columns: every row shares them.
Result<Value> row_of(const std::vector<Template::ClosureField>& columns, const Value::List& names, const Value& element,
                     std::size_t number, const Bindings& around) {
  Map row;
  for (std::size_t place = 0; place < columns.size(); ++place) {
    const auto& column = columns[place];
    auto cell = column.body->expression.evaluate_cell(column.parameter, element, around);
    if (!cell) {
      Error error = cell.error().within("column \"" + column.name + "\" of row " + std::to_string(number + 1));
      error.at = column.body->at;
      return error;
    }
    row.set(names[place], std::move(*cell));
  }
  return Value(std::move(row));
}

}  // namespace

bool has_columns(const SchemaView& inputs) {
  const auto names = inputs.property_names();
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return !elements_of(inputs.property(name)).empty(); });
}

Result<Value> pure_result(const Action& action, const Value& input, const std::vector<Template::ClosureField>& written,
                          const Bindings& around) {
  static const Expression identity = std::get<Expression>(Expression::parse("item"));
  Bindings inside;
  for (const std::string& name : action.inputs().property_names()) {
    if (action.inputs().property(name).format() == "expression") {
      inside.set(name, Closure{identity, "item", &around});
    } else {
      const Value* given = input.find(name);
      inside.set(name, given != nullptr ? *given : Value());
    }
  }
  for (const auto& closure : written)
    inside.set(closure.name, Closure{closure.body->expression, closure.parameter, &around});
  return action.result->evaluate(inside);
}

Result<Value> with_columns(const Action& action, Value input, const Template& with, const Bindings& around) {
  if (!action.columns || !input.is_map()) return input;
  for (const std::string& name : action.inputs().property_names()) {
    const Template* written = with.member(name);
    const std::string elements = written != nullptr ? elements_of(action.inputs().property(name)) : "";
    if (elements.empty()) continue;
    const auto columns = written->closures();
    Map members = input.map();
    Value::List names;
    for (const auto& column : columns) names.emplace_back(column.name);
    members.set(name, Value(names));
    if (const Value* list = input.find(elements); list != nullptr && list->is_list()) {
      Value::List rows;
      rows.reserve(list->list().size());
      for (const Value& element : list->list())
        rows.push_back(TRY(row_of(columns, names, element, rows.size(), around)));
      members.set(elements, Value(std::move(rows)));
    }
    input = Value(std::move(members));
  }
  return input;
}

Value with_location(Value input, const std::string& location) {
  if (location.empty() || (!input.is_map() && !input.is_null())) return input;
  const Value* given = input.find("location_id");
  if (given && !given->is_null()) return input;
  Map entries = input.is_map() ? input.map() : Map();
  entries.set("location_id", location);
  return entries;
}

}  // namespace millrace
