#pragma once

#include <string>
#include <string_view>

namespace millrace {

/// What laying a file out has changed, as `diff -u` writes it and `patch` reads it. The lines of both are the same but
/// for their blanks, and blank lines that are gone.
std::string line_differences(const std::string& name, std::string_view before, std::string_view after);

}  // namespace millrace
