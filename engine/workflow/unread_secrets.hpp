#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "yaml/yaml.hpp"

namespace millrace {

/// Findings about texts that name a secret (secret:name) where nothing reads it, so that these words would be sent.
/// `reads` says of a place, its keys from the outermost one in ("triggers/verify/bearer"), whether secrets are read
/// there. Prose that only mentions one is none of them.
std::vector<Finding> find_unread_secrets(const YamlDocument& document,
                                         const std::function<bool(std::string_view place)>& reads);

}  // namespace millrace
