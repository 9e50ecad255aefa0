#pragma once

#include <functional>

#include "catalog/catalog.hpp"
#include "expr/type.hpp"
#include "workflow/load.hpp"
#include "workflow/model.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// As `load_workflow`, with `read` in place of `read_yaml`: of a text in which somebody is typing there may be no tree.
LoadedWorkflow load_workflow(std::shared_ptr<const SourceText> source, const Catalog& catalog, const ReadYaml& read);

/// Called with an expression, the names that it may use where it stands, and the type of what it gives.
using ExpressionVisitor =
    std::function<void(const PlacedExpression& expression, const TypedNames& names, const Type& type)>;

/// Shows each expression that could be read as the check sees it, in the order of a run: for editors, which offer the
/// names and say the types. Lists that are written in YAML come as the one expression that they are.
void each_expression_in_scope(const Workflow& workflow, const Catalog& catalog, const Project* project,
                              const ExpressionVisitor& visit);

}  // namespace millrace
