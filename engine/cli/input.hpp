#pragma once

#include <string>

#include "base/files.hpp"
#include "base/result.hpp"
#include "value/value.hpp"

namespace millrace {

/// The whole of a file, or of stdin for "-", as one JSON document; `what` names it in errors: "the event".
Result<Value> read_json_input(const std::string& file, const std::string& what);

}  // namespace millrace
