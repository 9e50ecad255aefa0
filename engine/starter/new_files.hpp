#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace millrace {

/// A file that something new begins with.
struct NewFile {
  std::string path;  ///< below the folder of it all, with slashes
  std::string text;
  /// For its owner alone (0600), in a folder that is (0700).
  bool secret = false;
  /// People have files of this name of their own: one that is there stays, and the others are written all the same.
  bool may_stand = false;
};

struct PutFiles {
  std::vector<std::string> written, kept;  ///< paths below the folder
};

/// Puts the files below `folder`, which is made where it is missing. All or none of them: nothing that is there is
/// written over and no link is followed, so where something stands in the way, that is a `conflict` that names all of
/// it. The folder itself may hold whatever it likes.
Result<PutFiles> put_new_files(const std::filesystem::path& folder, const std::vector<NewFile>& files);

}  // namespace millrace
