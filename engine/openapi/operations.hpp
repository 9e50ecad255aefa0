#pragma once

#include <string_view>
#include <vector>

#include "openapi/import.hpp"
#include "openapi/operation.hpp"

namespace millrace {

/// The operations of a document that a manifest has a method for, in the document's order; the others are told in
/// `import`. `shown` is the scheme by which the connection shows who asks.
std::vector<Operation> find_operations(Documents& documents, const Spot& shown, Import& import);

/// Whether a word under a path is a method, as OpenAPI writes them.
bool is_method(std::string_view word);

}  // namespace millrace
