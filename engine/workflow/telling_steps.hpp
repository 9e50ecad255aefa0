#pragma once

#include <string>

#include "catalog/catalog.hpp"
#include "workflow/model.hpp"
#include "yaml/yaml.hpp"

namespace millrace {

// Steps that tell people of something: of an alarm, of a question. What is told is known without their saying it, and
// what they tell must not be lost because a server was down for an hour.

/// Where the action of an entry takes a `text` or a `subject` that the entry does not say, it is that of `root`:
/// "${{ event.text }}".
void say_what_is_missing(Node& entries, const std::string& root, const Catalog& catalog);

/// Each is tried for an hour and more, also where the first may have arrived, and where one fails the others go on,
/// unless the entry says otherwise.
void take_usual_care(Steps& steps);

}  // namespace millrace
