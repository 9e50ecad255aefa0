#pragma once

#include <filesystem>
#include <string>

#include "base/result.hpp"

namespace millrace {

/// Puts `text` in the place of a file that a person wrote, with the permissions that it has. Where a link leads to it,
/// what the link leads to is changed.
Status rewrite(const std::filesystem::path& file, const std::string& text);

}  // namespace millrace
