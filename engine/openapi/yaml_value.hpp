#pragma once

#include <string>
#include <string_view>

#include "value/value.hpp"
#include "yaml/yaml.hpp"

namespace millrace {

/// A YAML tree as JSON has it: plain words are null, true, false and numbers where YAML 1.2's core schema says so, all
/// else is text. Keys are text ("200").
Value value_of(const Node& node);

/// The letters of the scalar at a JSON pointer, such as 1.0 where the value is the number 1; empty where there is none.
std::string letters_at(const YamlDocument& document, std::string_view pointer);

/// The place of a JSON pointer; of what is not there, the nearest around it.
SourceMark mark_at(const YamlDocument& document, std::string_view pointer);

}  // namespace millrace
