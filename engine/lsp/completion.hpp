#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "expr/type.hpp"
#include "lsp/forms.hpp"
#include "lsp/place.hpp"
#include "lsp/project_view.hpp"
#include "lsp/text_lines.hpp"
#include "lsp/typing.hpp"

namespace millrace::lsp {

/// One thing that fits where somebody types.
struct Completion {
  /// What it is, for the sign that editors show beside it.
  enum class Kind : std::uint8_t { key, word, action, group, connection, secret, name, member, function, workflow };

  Kind kind = Kind::word;
  std::string label;
  std::string detail = {};         ///< a few words: a type, an effect
  std::string documentation = {};  ///< Markdown
  std::string text;                ///< what is put in the place of `range`
  int rank = 1;                    ///< lower ones first; those of one rank in the order of the alphabet
};

struct Completions {
  std::vector<Completion> items;
  Range range;           ///< what of the text they replace
  bool complete = true;  ///< false: with the next letter there are others
};

/// What fits at the byte `offset` of the text, few rather than many: keys that are not there yet, actions, inputs,
/// names that an expression can see with the types that the check knows, and whatever else the project has a name for.
/// The text may be broken. `source.name` is the path as `check` shows it.
Completions complete(const SourceText& source, std::size_t offset, const ProjectView& view);

/// What fits at the end of an expression by itself, which may use these names. The range is one of `before`.
Completions complete_expression(std::string_view before, const TypedNames& names);

/// What the parts of it have in common.
struct Asked {
  const SourceText& source;
  FileKind kind;
  const ProjectView& view;
  const Standing& standing;
  const Forms& forms;  ///< of the value at the cursor
};

/// complete_keys.cpp: keys of the mapping in which the cursor stands, or of one that may begin here.
void add_keys(const Asked& asked, Completions& found);
/// complete_words.cpp: words that the value may be.
void add_words(const Asked& asked, Completions& found);
/// complete_names.cpp: what stands in the project, the catalogue and the world under a name.
void add_names(const Asked& asked, Completions& found);
/// complete_tests.cpp: names of the tested workflow that are keys in a test, and words that its values may be.
void add_keys_of_test(const Asked& asked, const Place& map, const Node* there, Completions& found);
void add_words_of_test(const Asked& asked, Completions& found);
/// complete_expressions.cpp
void add_expressions(const Asked& asked, const std::string& before, Completions& found);
void add_fitting(const Typing& typing, const TypedNames& names, Completions& found);

/// The words for what a value of this form is: "text", "list"; empty where it may be anything.
std::string words_of_type(const Form& form);

}  // namespace millrace::lsp
