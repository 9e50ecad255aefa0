#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expr/type.hpp"
#include "lsp/text_lines.hpp"

namespace millrace::lsp {

/// An expression that ends at the cursor: what of it is being typed, and what stands around that.
struct Typing {
  /// A macro's brackets that are open: `over.filter(x, `, or cel.bind(x, over, `.
  struct Loop {
    std::string macro;
    std::string over;                    ///< the expression over which it goes
    std::vector<std::string> variables;  ///< the names it gives
  };
  std::size_t begin = 0;    ///< of the word that is being typed, in bytes of the text
  std::string word;         ///< as far as it is typed
  bool member = false;      ///< it stands behind a dot,
  std::string receiver;     ///< and this before the dot
  std::vector<Loop> loops;  ///< from the outermost
};

/// Reads what stands before the cursor; nothing where that is inside a text in quotes.
std::optional<Typing> read_typing(std::string_view before);

/// The words of an expression, in bytes of it: what stands in quotes is none.
std::vector<Range> words_of_expression(std::string_view text);

/// The names at a place, with those that the loops around it give.
TypedNames names_within(TypedNames names, const std::vector<Typing::Loop>& loops);

/// The type of an expression that may be in pieces; any where it cannot be read.
Type type_of_text(const std::string& expression, const TypedNames& names);

}  // namespace millrace::lsp
