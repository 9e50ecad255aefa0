#pragma once

#include <vector>

#include "openapi/operation.hpp"

namespace millrace {

/// Adds to actions which of them list, get, create, update and delete one kind of thing, so that plans lay planned
/// writes over what they read: where a list shows things with an id, and a path goes on with that id. In doubt nothing
/// is added.
void add_resources(Documents& documents, const std::vector<Operation>& operations, Map& actions);

}  // namespace millrace
