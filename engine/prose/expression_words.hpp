#pragma once

#include <string>
#include <vector>

#include "expr/expression.hpp"
#include "value/value.hpp"

namespace millrace {

/// What is around an expression: the names that stand for one item after the other. Where an expression speaks of one
/// of them alone, its members are "its".
struct Surroundings {
  std::vector<std::string> items;
};

/// The expression in words: `tag.usage == 0 && tag.name.startsWith("tmp-")` is `its usage is 0 and its name begins with
/// "tmp-"`. Part by part: what has no words stands as it is written, in quotes. Pure.
std::string words_of(const Expression& expression, const Surroundings& around);

/// The same where it has to be true or false: a lone value is said to be true.
std::string condition_words(const Expression& expression, const Surroundings& around);

/// The same of a comparison of which only the right side is `written` (`< 3`): the left one is "it".
std::string comparison_words(const Expression& comparison, const std::string& written, const Surroundings& around);

/// What the expression always gives, where it is nothing but a value; else nullptr.
const Value* constant_of(const Expression& expression) noexcept;

/// Equal where two expressions are the same tree: how they are laid out, and in what quotes, plays no part.
std::string meaning_of(const Expression& expression);

/// A value that is written out: text in quotes, "90 days", "the secret x".
std::string words_of(const Value& value);
std::string words_of(Duration duration);

/// `text` in quotes; of a long one the beginning, and how long it is.
std::string quoted(std::string_view text);

/// "a, b and c"; in one language's way.
std::string all_of(const std::vector<std::string>& words);
std::string any_of(const std::vector<std::string>& words);

}  // namespace millrace
