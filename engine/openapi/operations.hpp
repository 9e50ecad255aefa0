#pragma once

#include <vector>

#include "openapi/import.hpp"
#include "openapi/operation.hpp"

namespace millrace {

/// The operations of a document that a manifest has a method for, in the document's order; the others are told in
/// `import`.
std::vector<Operation> find_operations(Documents& documents, Import& import);

}  // namespace millrace
