#pragma once

#include <string>
#include <vector>

#include "lsp/place.hpp"
#include "lsp/project_view.hpp"
#include "schema/schema.hpp"

namespace millrace::lsp {

/// One schema that a value may have, and the document in which it stands. Borrows both.
struct Form {
  const Value* root;
  const Value* schema;
  std::string said = {};  ///< what is said of the value where it is used, before what the schema says of itself

  SchemaView view() const { return {*root, *schema}; }
  std::string description() const { return said.empty() ? view().description() : said; }
};
using Forms = std::vector<Form>;

/// What may stand at the place, as its value: several where there is a choice. Inputs of actions and triggers are as
/// the catalogue says. `view` and the tree outlive it.
Forms forms_at(FileKind kind, const Place& place, const ProjectView& view);

/// The same without choices and references: each form by itself.
Forms choices_of(const Forms& forms);

/// Those of `forms` that the keys of the mapping leave: all that know every key; where there is none, all that know the
/// most. `except` is a key that does not count.
Forms left_by(const Forms& forms, const Node& map, std::string_view except);

/// The keys that a form of a mapping names, and those that it wants.
struct FormKey {
  std::string name;
  Form form;
  bool required;
};
std::vector<FormKey> keys_of(const Form& form);

/// The words of an enumeration, `true` and `false` of a truth; empty where it is none.
std::vector<std::string> words_of(const Form& form);

}  // namespace millrace::lsp
