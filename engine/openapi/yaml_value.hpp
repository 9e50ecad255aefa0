#pragma once

#include <string_view>

#include "value/value.hpp"
#include "yaml/yaml.hpp"

namespace millrace {

/// A YAML tree as JSON has it: plain words are null, true, false and numbers where YAML 1.2's core schema says so, all
/// else is text. Keys are text ("200").
Value value_of(const Node& node);

/// The place of a JSON pointer; of what is not there, the nearest around it.
SourceMark mark_at(const YamlDocument& document, std::string_view pointer);

}  // namespace millrace
