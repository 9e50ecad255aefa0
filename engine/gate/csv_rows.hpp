#pragma once

#include <string_view>

#include "base/result.hpp"
#include "value/value.hpp"

namespace millrace {

/// The rows of a CSV text (RFC 4180) as maps by the names in its first line. Every cell is text. The error names the
/// row.
Result<Value> csv_rows(std::string_view text, char separator);

}  // namespace millrace
