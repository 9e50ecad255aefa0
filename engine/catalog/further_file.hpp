#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "catalog/catalog.hpp"

namespace millrace {

/// A file NAME.PART.json beside the manifest of a plugin that came with Millrace: further actions and triggers of it.
///
/// It is read when something in it is asked for, because few workflows use what it has and every start would pay for
/// it. Any thread may ask: what is found stays where it is until the end.
class FurtherFile {
 public:
  FurtherFile(std::filesystem::path file, std::shared_ptr<const Manifest> plugin)
      : file_(std::move(file)), plugin_(std::move(plugin)) {}

  /// By the full name; nothing where it is not here, or where the file is broken.
  const Action* find_action(std::string_view name) const;
  const Trigger* find_trigger(std::string_view name) const;
  /// What it holds, as a manifest of the plugin's name and connection; or what is wrong with it.
  const Result<Manifest>& content() const;

 private:
  const Manifest* with(std::string_view name) const;
  const std::vector<std::string>& names() const;

  std::filesystem::path file_;
  std::shared_ptr<const Manifest> plugin_;
  mutable std::once_flag listed_, read_;
  mutable std::vector<std::string> names_;
  mutable std::optional<Result<Manifest>> content_;
};

/// The files that lie beside the plugin's manifest, by name.
std::vector<std::shared_ptr<const FurtherFile>> further_files(const std::shared_ptr<const Manifest>& plugin);

}  // namespace millrace
