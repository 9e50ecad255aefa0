#pragma once

#include <string>
#include <string_view>

namespace millrace {

/// The SHA-256 of a text, in 64 lower-case hexadecimal digits.
std::string fingerprint(std::string_view text);

}  // namespace millrace
