#pragma once

#include "value/value.hpp"

namespace millrace {

/// The value in the form that all values equal to it have: members in order of their names, 10.0 as 10, inside, too. So
/// equal values have one text, and one fingerprint. The order of a list says something, and stays.
Value in_one_form(const Value& value);

}  // namespace millrace
