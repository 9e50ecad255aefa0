#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "starter/new_files.hpp"

namespace millrace {

/// What a plugin begins as: "manifest" alone, or one with a library in "c" or "cpp" and a Makefile that builds and
/// tries it. Empty where there is no such kind.
std::vector<NewFile> new_plugin(std::string_view name, std::string_view kind);

}  // namespace millrace
