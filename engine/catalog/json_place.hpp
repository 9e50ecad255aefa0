#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace millrace {

/// Where in a JSON document the value at `pointer` stands, or its key. What the document does not have is placed at the
/// nearest value around it. REQUIRES: the text of `source` is valid JSON.
SourceMark locate(std::shared_ptr<const SourceText> source, std::string_view pointer, bool key = false);

/// `pointer` one step deeper, escaped as JSON pointers are.
std::string deeper(std::string_view pointer, std::string_view key);

}  // namespace millrace
