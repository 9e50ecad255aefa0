#pragma once

#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "value/value.hpp"
#include "workflow/model.hpp"

namespace millrace {

/// The first trigger of the workflow that has an example of its event, which stands in where nobody gives one; nullptr
/// where none has.
const Trigger* trigger_with_example(const Workflow& workflow, const Catalog& catalog);

/// An event that its trigger could not give is a mistake. What a trigger gives besides is left to the expressions.
Status fits_trigger(const Value& event, const Workflow& workflow, const Catalog& catalog);

/// How an event came, as somebody says it ({headers, query, method, path}), in the form in which the workflow's hook
/// would tell it.
Result<Value> delivery_to(const Workflow& workflow, const Value& said);

}  // namespace millrace
