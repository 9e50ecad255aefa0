#pragma once

#include <string>

#include "base/result.hpp"
#include "value/value.hpp"

namespace millrace {

/// The whole of a file, or of stdin for "-".
Result<std::string> read_input(const std::string& file);

/// The same as one JSON document; `what` names it in errors: "the event".
Result<Value> read_json_input(const std::string& file, const std::string& what);

}  // namespace millrace
