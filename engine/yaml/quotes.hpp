#pragma once

#include <string>
#include <string_view>

namespace millrace {

/// Text as a value or a key that YAML reads as exactly this text, wherever one may stand; as JSON and CEL have it, too.
/// REQUIRES: it is UTF-8.
std::string in_double_quotes(std::string_view text);

/// The same as people write it: in single quotes, where these can hold it.
std::string in_yaml_quotes(std::string_view text);

}  // namespace millrace
