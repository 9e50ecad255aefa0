#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "catalog/catalog.hpp"
#include "catalog/permissions.hpp"

namespace millrace {

/// As messages name it.
inline constexpr std::string_view plugin_lock_file = "plugins/lock.yaml";

/// A plugin that somebody agreed to, as it was then.
struct LockedPlugin {
  std::string name, version;
  std::string manifest;  ///< SHA-256 of NAME.json, in hexadecimal digits
  std::string library;   ///< of NAME.so; empty: it has none
  Permissions permissions;
  std::vector<std::string> keys;  ///< that may sign its next version, last the one of this; empty: it is not signed
  std::string by, at;             ///< who agreed, and when (RFC 3339)
  SourceMark mark = {};           ///< its entry, where it was read from a file

  /// As `trust:` would name it; empty where there is no library.
  std::string pin() const;
};

/// A key whose signatures somebody trusts.
struct TrustedKey {
  std::string key;    ///< as minisign writes it
  std::string name;   ///< whose it is said to be; or empty
  std::string since;  ///< RFC 3339
};

/// plugins/lock.yaml.
struct PluginLock {
  std::vector<TrustedKey> keys;
  std::vector<LockedPlugin> plugins;

  const LockedPlugin* find(std::string_view name) const noexcept;
  const TrustedKey* find_key(std::string_view key) const noexcept;
};

struct LoadedLock {
  std::optional<PluginLock> lock;  ///< nothing where there are findings; empty where there is no file
  std::vector<Finding> findings;
  std::optional<std::string> text = {};  ///< of the file; nothing: there is none
};

LoadedLock load_plugin_lock(const std::filesystem::path& root);

/// The text of the file.
std::string encode(const PluginLock& lock);

/// Takes out of the catalog what lies in plugins/ and is not what was agreed to: another manifest, another library,
/// more than the permissions. Each becomes a problem of the catalog with the entry's place, the cure in words.
void hold_to(const PluginLock& lock, Catalog& catalog);

}  // namespace millrace
