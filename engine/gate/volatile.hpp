#pragma once

#include "schema/schema.hpp"
#include "value/value.hpp"

namespace millrace {

/// The output without the members that its schema marks `"x-volatile": true`: what the far side makes anew at each
/// asking (the id of the request), so that it says nothing about whether the world has changed.
Value without_volatile(const Value& output, const SchemaView& schema);

}  // namespace millrace
