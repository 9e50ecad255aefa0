#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/schema.hpp"
#include "value/value.hpp"

namespace millrace {

/// The value as it would be written: "abc" in quotes, 5, true; long ones are cut.
std::string literal(const Value& value);

/// What was found, for the end of a sentence: `text "abc"`, `the number 5`, `a list`.
std::string described(const Value& value);

/// A JSON Schema type for people: "array" is "a list".
std::string type_words(std::string_view type);

/// "a", "a or b", "a, b or c".
std::string alternatives(const std::vector<std::string>& choices);

/// The same of types: "text or a list".
std::string words_of_types(const std::vector<std::string>& types);

/// `must be one of "a", "b"`; the last of a very long list are counted only.
std::string one_of_words(const std::vector<Value>& allowed);

/// What is wrong with `value`, which is none of those allowed, as `wanted` says of them; with the one that was meant.
ShapeProblem not_among(std::vector<Value> allowed, std::string wanted, const Value& value);

/// What is wrong with a text of this "format", or nothing; formats that we do not know are never wrong.
std::optional<std::string> format_problem(std::string_view format, std::string_view text);

/// True where the pattern is found in the text, and where it is not one that can be checked in linear time
/// (look-around and back references).
bool pattern_found(const std::string& pattern, std::string_view text);

}  // namespace millrace
