#pragma once

#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "expr/expression.hpp"

namespace millrace {

/// Something wrong in a manifest, by the JSON pointer of its place.
struct ManifestProblem {
  std::string pointer;
  std::string message;
  bool at_key = false;
};

/// Finds what the shape cannot tell: names that do not exist, parts that contradict each other, a library that is
/// missing. `beside`: the manifest of which it is a further file, whose actions can be named, too.
std::vector<ManifestProblem> check_manifest(const Manifest& manifest, const Manifest* beside = nullptr);

/// What is wrong with the names that an expression takes, where it sees those `known` and no others.
void check_names(const Expression& expression, const std::vector<std::string>& known, const std::string& pointer,
                 std::vector<ManifestProblem>& problems);

/// The names in the `{name}` places of a pattern, in order.
std::vector<std::string> places_in(std::string_view pattern);

}  // namespace millrace
