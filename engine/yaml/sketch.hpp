#pragma once

#include <memory>

#include "base/error.hpp"
#include "yaml/yaml.hpp"

namespace millrace {

/// A file as its lines and indentation have it, for an editor in which somebody is typing: there is a tree whatever is
/// broken, and what is broken is in it as well as it can be told. Nothing is refused and nothing is found.
///
/// A lone word where a key is expected is a key without a value; brackets and quotes that are not closed end where a
/// line begins that belongs further out. What is no YAML at all, or deeper than `read_yaml` takes, is left out. Takes
/// time by the length of the text. `end` of a list or mapping is behind its last piece.
YamlDocument sketch_yaml(std::shared_ptr<const SourceText> source);

}  // namespace millrace
