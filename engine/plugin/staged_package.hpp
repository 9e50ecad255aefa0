#pragma once

#include <filesystem>
#include <string>

#include "base/descriptor.hpp"
#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "plugin/package.hpp"

namespace millrace {

/// A package that lies beside the plugins of a project, whole, and is none of them yet. Where it is not put in place,
/// it is gone with this. One at a time for a folder, across processes.
class StagedPackage {
 public:
  /// Writes it into a folder of its own in `plugins`, which may not exist yet, and reads its manifest there. `conflict`
  /// while another one is staged.
  static Result<StagedPackage> write(const std::filesystem::path& plugins, const Package& package);
  ~StagedPackage();
  StagedPackage(StagedPackage&&) noexcept = default;
  StagedPackage& operator=(StagedPackage&&) = delete;

  const Manifest& manifest() const noexcept { return manifest_; }
  const std::string& library() const noexcept { return library_; }  ///< its SHA-256; empty: there is none

  /// Changes places with what is there under its name, in one step. A second call puts back what was there.
  Status exchange();

 private:
  StagedPackage(Descriptor guard, std::filesystem::path stage, std::filesystem::path target);
  Descriptor guard_;
  std::filesystem::path stage_, target_;
  Manifest manifest_;
  std::string library_;
};

}  // namespace millrace
