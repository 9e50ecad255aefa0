#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace millrace {

std::string encode_base64(std::string_view bytes);
/// With the letters of addresses, and without padding (RFC 4648, 5).
std::string encode_base64_url(std::string_view bytes);
/// With or without padding; nothing where the text is malformed.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace millrace
