#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.hpp"
#include "yaml/yaml.hpp"

namespace millrace {

/// Where trees are kept from one start to the next. No file: nowhere.
struct TreesFile {
  std::filesystem::path file = {};
  std::string program = {};  ///< tells one build of the program from another
};

/// What reading the YAML of a project gave the last time, kept in a file: scanning it takes three fifths of a start
/// with many workflows (docs/decisions/0019).
///
/// A tree depends on nothing but its text and the program. So it is found by the whole text, and what another program
/// has written is not used. What the text means is found out anew each time.
class KeptTrees {
 public:
  /// Takes what is in the file; one that is not there, of another program or not whole holds nothing.
  explicit KeptTrees(TreesFile place);
  KeptTrees(const KeptTrees&) = delete;
  KeptTrees& operator=(const KeptTrees&) = delete;

  /// A text and its tree as they are kept; empty: they are not, because there is no tree or there are findings.
  using Kept = std::string;

  std::size_t size() const noexcept { return kept_.size(); }  ///< texts

  /// As `read_yaml`, without scanning a text whose tree is kept. From any thread.
  YamlDocument read(std::shared_ptr<const SourceText> source, Kept& kept) const;

  /// Writes what the next start shall find, unless just this is in the file already. One that cannot be written is no
  /// misfortune: the next start takes longer.
  void keep(const std::vector<Kept>& texts) const;

 private:
  std::string head() const;

  TreesFile place_;
  std::string content_;
  std::unordered_map<std::string_view, std::string_view> kept_;  // by text; both in `content_`
};

}  // namespace millrace
