#pragma once

#include <string>
#include <vector>

#include "catalog/catalog.hpp"

namespace millrace {

/// Tries a manifest's examples as far as that goes without the outside: inputs and outputs against their schemas, pure
/// actions and trigger mappings by evaluating them. One sentence for each that does not hold.
std::vector<std::string> check_examples(const Manifest& plugin);

}  // namespace millrace
