#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "catalog/inverse.hpp"
#include "value/value.hpp"

namespace millrace {

/// The member of a thing in which a look sees `value` when it stands there: the `tags` of a contact. It is tried, as
/// only the look's expression says it; `more` are names that the thing may have left out. Nothing: in none.
std::optional<std::string> member_seen(const Look& look, const Action& read, const Value& input, const Value& thing,
                                       const Value& value, const std::vector<std::string>& more);

/// The names of the inputs that are lists.
std::vector<std::string> list_inputs(const Value& input);

}  // namespace millrace
