#pragma once

#include <optional>
#include <set>
#include <string>

#include "expr/type.hpp"
#include "lsp/forms.hpp"
#include "lsp/place.hpp"
#include "lsp/project_view.hpp"

namespace millrace::lsp {

/// What an expression at the cursor may name, with the types, by the check itself: what is typed there is taken out
/// before. In lists that are written in YAML, the names of the expression before it.
TypedNames names_at(const Standing& standing, FileKind kind, const ProjectView& view);

/// What the workflow's expressions read of `event`, in the order of the alphabet.
std::set<std::string> members_of_event(const Workflow& workflow, const ProjectView& view);

/// What of the text before the cursor is an expression: behind an open `${{`, or all of a field that takes expressions
/// bare. Nothing where there is none.
std::optional<std::string> expression_before(const Standing& standing, const Forms& forms);

/// Whether a field of one of these forms is an expression as a whole.
bool takes_expressions(const Forms& forms, const Place& place);

}  // namespace millrace::lsp
