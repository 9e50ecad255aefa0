#pragma once

#include <string>

#include "expr/template.hpp"
#include "prose/expression_words.hpp"
#include "prose/sentence.hpp"
#include "schema/schema.hpp"

namespace millrace {

/// "tag_id: its id": a value under its name, with its members below where it has some. `schema` says what is a
/// duration.
Sentence tell_value(const std::string& part, const std::string& name, const Template& value, const SchemaView& schema,
                    const Surroundings& around);
Sentence tell_value(const std::string& part, const std::string& name, const Value& value);

/// The members of a mapping, each so; `part` stands before their names: "with.".
std::vector<Sentence> tell_members(const std::string& part, const Template& values, const SchemaView& schema,
                                   const Surroundings& around);

/// A text with `${{ }}` in it: "Delete [the size of the items of unused] tags?".
std::string words_of_text(const Template& text, const Surroundings& around);

/// Equal where two mean the same, as `meaning_of` an expression.
std::string meaning_of(const Template& value);

}  // namespace millrace
