#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace millrace {

/// Why nothing can be kept there, with what was meant where that is clear; nothing where it is an SQLite file.
struct StoreProblem {
  std::string message, suggestion;
};
std::optional<StoreProblem> store_problem(std::string_view store);

}  // namespace millrace
