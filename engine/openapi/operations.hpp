#pragma once

#include <vector>

#include "openapi/import.hpp"
#include "openapi/operation.hpp"

namespace millrace {

/// The operations of a document that a manifest has a method for, in the document's order; the others are told in
/// `import`. `shown` is the scheme by which the connection shows who asks.
std::vector<Operation> find_operations(Documents& documents, const Spot& shown, Import& import);

}  // namespace millrace
