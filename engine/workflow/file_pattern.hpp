#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace millrace {

/// Which files a `file` trigger means, below the project's folder:
///
///     *            any part of a name     ?       one character
///     [a-z] [!0-9] one of these           {a,b}   either of these, nested ones too
///     **           as a whole part: any number of folders, none included
///     inbox/       every file in it
///
/// Names that begin with a dot are meant only where the pattern has the dot, too. Letters count as they are written.
class FilePattern {
 public:
  using Parts = std::vector<std::string>;  ///< of a path, between the slashes

  /// An error says what the pattern should look like: it leads out of the project, or a bracket is not closed.
  static Result<FilePattern> parse(std::string_view text);

  /// `path` is relative to the project, with slashes.
  bool matches(std::string_view path) const;
  /// False where no path that begins with `beginning` can be meant.
  bool may_match(std::string_view beginning) const;

  /// One for each choice that {} leaves; the last part stands for the file.
  const std::vector<Parts>& choices() const noexcept { return choices_; }

 private:
  std::vector<Parts> choices_;
};

/// One part of a pattern against one name.
bool part_matches(std::string_view part, std::string_view name);

}  // namespace millrace
