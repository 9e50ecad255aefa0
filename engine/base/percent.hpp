#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace millrace {

/// Everything but RFC 3986's unreserved characters becomes %XX.
std::string percent_encode(std::string_view text);

/// "%41" becomes "A"; "+" stays. Nothing where the text is malformed.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace millrace
