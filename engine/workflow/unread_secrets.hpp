#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.hpp"
#include "yaml/yaml.hpp"

namespace millrace {

using ReadsSecrets = std::function<bool(std::string_view place, std::string_view action)>;

/// Whether secrets are read at such a place: "actions/with/url" of an action that takes one there.
bool is_secret_input(std::string_view place, std::string_view action, const Catalog& catalog);

/// Findings about texts that name a secret (secret:name) where nothing reads it, so that these words would be sent.
/// `reads` says of a place, its keys from the outermost one in ("triggers/verify/bearer"), and of the action of the
/// step in which it stands (empty: in none), whether secrets are read there. Prose that only mentions one is none of
/// them.
std::vector<Finding> find_unread_secrets(const YamlDocument& document, const ReadsSecrets& reads);

}  // namespace millrace
