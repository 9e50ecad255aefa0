#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "catalog/catalog.hpp"

namespace millrace {

class FurtherFile;

/// A plugin's folder, named like the plugin, and its manifest, which is read when something of it is asked for: a short
/// command uses two plugins, and reading the rest would be half of its time. Any thread may ask: what is found stays
/// where it is until the end.
class InstalledPlugin {
 public:
  InstalledPlugin(std::filesystem::path folder, bool shipped);

  const std::string& name() const noexcept { return name_; }
  const std::filesystem::path& folder() const noexcept { return folder_; }
  bool shipped() const noexcept { return shipped_; }

  /// The manifest, or what is wrong with it.
  const Result<std::shared_ptr<const Manifest>>& manifest() const;
  /// By the full name, also in further files; nothing where it is not here, or where its file is broken.
  const Action* find_action(std::string_view name) const;
  const Trigger* find_trigger(std::string_view name) const;
  /// Of the manifest and of those further files that are not broken.
  void add_action_names(std::vector<std::string>& names) const;
  void add_trigger_names(std::vector<std::string>& names) const;
  /// The manifest with what lies in further files.
  Result<Manifest> whole() const;

 private:
  void read() const;

  std::filesystem::path folder_;
  std::string name_;
  bool shipped_;
  mutable std::once_flag read_;
  mutable std::optional<Result<std::shared_ptr<const Manifest>>> manifest_;
  mutable std::map<std::string_view, const Action*> actions_;
  mutable std::map<std::string_view, const Trigger*> triggers_;
  mutable std::vector<std::shared_ptr<const FurtherFile>> further_;
};

/// The content of a plugin's file; empty where it cannot be read.
std::string plugin_file_content(const std::filesystem::path& file);

}  // namespace millrace
