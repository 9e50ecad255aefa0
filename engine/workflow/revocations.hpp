#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "catalog/catalog.hpp"
#include "workflow/plugin_lock.hpp"

namespace millrace {

/// As messages name it.
inline constexpr std::string_view revoked_file = "plugins/revoked.txt";

/// What is not to be used any more, and why.
struct Revocation {
  std::string what;    ///< "acme", "acme@1.4.0", "sha256:<hex>" of a manifest, a library or a pin, or a key ("RW...")
  std::string reason;  ///< for people; or empty
  std::string where = std::string(revoked_file);  ///< it stands, for people
};

/// A line each, the word first and the reason behind it; "#" begins a comment.
std::vector<Revocation> revocations_in(std::string_view text, const std::string& where);

/// Reads plugins/revoked.txt. Nothing, and the finding, where the file cannot be read; empty where there is none.
struct LoadedRevocations {
  std::optional<std::vector<Revocation>> list;
  std::vector<Finding> findings;
  std::optional<std::string> text = {};  ///< of the file; nothing: there is none
};
LoadedRevocations load_revocations(const std::filesystem::path& root);

/// The text of the file with one more. What people wrote into it stays.
std::string with_revocation(std::string text, const Revocation& revocation);
/// The same without those that are over.
std::string without_revocations(std::string_view text, const std::function<bool(const Revocation&)>& over);

/// Whether the word speaks of what was agreed to.
bool concerns(const std::string& what, const LockedPlugin& plugin);
/// The same of a plugin as it is here.
bool concerns(const std::string& what, const Manifest& plugin, const PluginLock& lock);

/// The plugins that are revoked, each with a sentence that says why.
std::map<std::string, std::string> revoked(const std::vector<Revocation>& list, const PluginLock& lock,
                                           const Catalog& catalog);

}  // namespace millrace
