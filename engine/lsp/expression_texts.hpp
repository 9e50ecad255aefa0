#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lsp/forms.hpp"
#include "lsp/place.hpp"
#include "lsp/project_view.hpp"

namespace millrace::lsp {

/// A word of an expression: a name, a member, or what is called.
struct ExpressionWord {
  std::string text;
  Range range;
  std::string receiver = {};  ///< what stands before its dot; empty where there is none
  bool member = false;
  bool bound = false;  ///< a loop or a condition around it gives this name itself: `x` in `items.map(x, x.id)`
};

/// Every word of every expression in the file, in the order of the text: of what stands in `${{ }}`, and of fields that
/// take expressions bare. Broken expressions have words, too.
std::vector<ExpressionWord> words_in_expressions(const YamlDocument& document, FileKind kind, const ProjectView& view);

}  // namespace millrace::lsp
