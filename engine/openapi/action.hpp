#pragma once

#include "base/result.hpp"
#include "openapi/operation.hpp"
#include "openapi/overlay.hpp"
#include "openapi/schemas.hpp"

namespace millrace {

/// One operation as an action of a manifest; the error says why it cannot be one.
Result<Map> write_action(Documents& documents, SchemaBook& book, const Operation& operation, const Said& said);

}  // namespace millrace
