#pragma once

#include <string>
#include <string_view>

#include "schema/schema.hpp"
#include "value/value.hpp"

namespace millrace {

/// An answer that nobody gave, in the shape of the real one: each member that the schema names is unknown. `what` says
/// whose members they are: "the answer to delete tag vip".
Value unknown_answer(const SchemaView& schema, const std::string& what);

/// The same, but with `known` at a dotted path.
Value unknown_answer_with(const SchemaView& schema, std::string_view path, const Value& known, const std::string& what);

}  // namespace millrace
