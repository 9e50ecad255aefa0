#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace millrace {

/// One thing in a document that is wrong, or that an action cannot say.
struct ImportFinding {
  Severity severity = Severity::error;  ///< error: the document is wrong; warning: something is left out; hint: a loss
  std::string rule;                     ///< kebab-case: "unresolved-reference"
  std::string file;                     ///< as the person named it, or relative to the document
  std::string pointer;                  ///< JSON pointer
  int line = 0, column = 0;             ///< of a file in YAML, from one; 0 in JSON
  std::string message;
};

/// What can be wrong in a document, or not be said in a manifest: the entry of a rule, for people.
struct ImportRule {
  std::string_view name, sentence;
  std::string_view wrong, right;  ///< lines of a document, or words
  std::string_view why;
};
std::span<const ImportRule> import_rules() noexcept;

/// What was found, in the order in which it was met; what stands in one place is looked at for several reasons, and
/// told once. A document that repeats one mistake a hundred thousand times is told so: of each rule so many are kept,
/// and the others are counted.
class ImportFindings {
 public:
  void add(ImportFinding finding);
  /// Whether another of this rule would be kept.
  bool keeps(const std::string& rule) const;
  const std::vector<ImportFinding>& list() const noexcept { return list_; }
  /// By rule: how many were met beyond those that are kept.
  const std::map<std::string, std::size_t>& more() const noexcept { return more_; }
  bool has_errors() const noexcept { return errors_; }

 private:
  std::vector<ImportFinding> list_;
  std::set<std::string> told_;  ///< rules with their places
  std::map<std::string, std::size_t> met_, more_;
  bool errors_ = false;
};

}  // namespace millrace
