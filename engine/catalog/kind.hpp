#pragma once

#include <string>
#include <string_view>

#include "catalog/catalog.hpp"

namespace millrace {

/// The kind of thing that the action touches: its resource's, else what stands before ':' in its target; empty where
/// the manifest says neither. Borrows from the action.
std::string_view declared_kind(const Action& action) noexcept;

/// The same for people who permit and forbid: where the manifest says none, the name of the action between its plugin
/// and its verb ("tags" of "crm.tags.delete"), else the plugin's. Never empty where the action has a name.
std::string_view kind_of(const Action& action) noexcept;

/// Whether two names mean the same kind: people write "location_tags" where a manifest says "location_tag".
bool same_kind(std::string_view one, std::string_view other) noexcept;

/// "location_tag" as people write it: "location tag", and several of them: "location tags".
std::string kind_words(std::string_view kind);
std::string several_of_kind(std::string_view kind);

}  // namespace millrace
