#pragma once

#include <optional>
#include <string>

#include "catalog/catalog.hpp"
#include "expr/expression.hpp"
#include "lsp/project_view.hpp"
#include "lsp/text_lines.hpp"

namespace millrace::lsp {

/// What is said of something in the text, as Markdown.
struct Hover {
  std::string text;
  Range range;
};

/// What stands at the byte: what an action does and takes, with effect and scope; what a key means; what an
/// expression's name, member or function is, and gives. Nothing where nothing is known.
std::optional<Hover> hover(const SourceText& source, std::size_t offset, const ProjectView& view);

// The same texts, for what is offered.
std::string about_action(const Action& action);
std::string about_trigger(const Trigger& trigger);
std::string about_function(const FunctionEntry& entry);

}  // namespace millrace::lsp
