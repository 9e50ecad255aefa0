#pragma once

#include <string>
#include <string_view>

#include "table.hpp"

namespace millrace::reports {

/// The rows as they are, one a line.
std::string json_rows(std::string_view rows, TableNotes& notes);

}  // namespace millrace::reports
