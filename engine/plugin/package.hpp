#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace millrace {

/// A plugin as its author hands it out, taken whole into memory: what was looked at is what is installed.
struct Package {
  std::string name;                        ///< by its manifest's file; a word of small letters, digits and _
  std::string manifest;                    ///< NAME.json
  std::optional<std::string> library;      ///< NAME.so, of this machine's architecture
  std::string sums;                        ///< SHA256SUMS, which was held against every file
  std::optional<std::string> signature;    ///< SHA256SUMS.minisig
  std::optional<std::string> key;          ///< minisign.pub, which says nothing until somebody knows it
  std::vector<std::string> left_out = {};  ///< files that are not installed, and libraries for other machines
};

/// Reads a folder or a .tar.gz: NAME.json, NAME.so or one in a folder for each architecture ("x86_64/NAME.so"),
/// SHA256SUMS over all of them, and SHA256SUMS.minisig where it is signed. An archive may hold all of it in one folder.
/// Whatever could reach out of the package or is not told by SHA256SUMS is refused, with the file and the reason.
/// Nothing is run, and nothing is written.
Result<Package> read_package(const std::filesystem::path& path);

}  // namespace millrace
