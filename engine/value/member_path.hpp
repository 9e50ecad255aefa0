#pragma once

#include <string_view>

#include "value/value.hpp"

namespace millrace {

/// The member at a dotted path ("results.tags"), or nullptr.
const Value* member_at(const Value& value, std::string_view dotted_path);

/// `value` with the member at a dotted path set; what is missing in between is made. An empty path is the value itself.
Value with_member(const Value& value, std::string_view dotted_path, Value member);

}  // namespace millrace
