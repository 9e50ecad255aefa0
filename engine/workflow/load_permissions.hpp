#pragma once

#include <memory>

#include "workflow/fields.hpp"
#include "workflow/permissions.hpp"
#include "yaml/yaml.hpp"

namespace millrace {

/// Reads `permissions:` of a file, whose shape its schema has checked; nothing where the file does not say it. Names
/// that cannot be right whatever is installed are reported: folders outside of output/, hosts that are none.
std::shared_ptr<const Bounds> load_permissions(const Node& root, FieldReader& fields, const YamlDocument& document);

}  // namespace millrace
