#pragma once

#include <vector>

#include "catalog/catalog.hpp"
#include "workflow/fields.hpp"
#include "workflow/model.hpp"

namespace millrace {

/// Makes triggers of the nodes under `triggers:`, each checked against its own form.
std::vector<TriggerSpec> load_triggers(const Node& node, FieldReader& fields, const YamlDocument& document,
                                       const Catalog& catalog);

}  // namespace millrace
