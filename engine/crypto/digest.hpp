#pragma once

#include <string>
#include <string_view>

namespace millrace {

std::string sha256(std::string_view text);                                ///< 32 bytes
std::string hmac_sha256(std::string_view key, std::string_view message);  ///< 32 bytes

/// The SHA-256 of a text, in 64 lower-case hexadecimal digits: by it two texts are known to be the same.
std::string fingerprint(std::string_view text);

}  // namespace millrace
