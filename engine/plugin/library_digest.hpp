#pragma once

#include <filesystem>
#include <string>

#include "base/result.hpp"

namespace millrace {

/// The SHA-256 of a file's content, in 64 lower-case hexadecimal digits.
Result<std::string> sha256_of(const std::filesystem::path& file);

}  // namespace millrace
