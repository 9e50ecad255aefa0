#pragma once

#include <string>

#include "catalog/catalog.hpp"
#include "value/value.hpp"

namespace millrace {

/// Whether two values are the same as far sides keep them: names are compared as people read them, times as moments,
/// and numbers by how they are written.
bool same_value(const Value& left, const Value& right);

std::string shown(const Value& value);

/// The first field in which `now` is another than the run left it, in words; empty for none.
std::string changed_since(const Value& left, const Value& now);

/// Whether all that would be put back is there already, to the letter: else what a run changed in the letters alone
/// could not be told from what was there before.
bool as_it_was(const Action& back, const Value& input, const Value& now);

}  // namespace millrace
