#pragma once

#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "expr/expression.hpp"
#include "expr/template.hpp"
#include "value/value.hpp"

namespace millrace {

/// The result of a pure action: each input by its name, null where it was not given, and callable where its schema says
/// `format: expression`. `written` holds those expressions, in the names of `around`; one that was left out gives the
/// item itself. REQUIRES: action.result.
Result<Value> pure_result(const Action& action, const Value& input, const std::vector<Template::ClosureField>& written,
                          const Bindings& around);

/// The input as a library gets it. Where an input is a mapping of expressions over the elements of a list (`columns` of
/// a report over its `rows`), the list's elements become objects of what the expressions give for them, and the input
/// itself becomes the list of their names. `with` is what `input` was evaluated from, in the names of `around`.
Result<Value> with_columns(const Action& action, Value input, const Template& with, const Bindings& around);

/// The input with the run's location, where it says none itself (null is none) and the run has one.
Value with_location(Value input, const std::string& location);

/// Whether there is such an input.
bool has_columns(const SchemaView& inputs);

}  // namespace millrace
