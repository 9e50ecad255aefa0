#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace millrace {

// Files in which nobody else may have a say: keys, tokens, the store. Whatever stands under their names is looked at
// before it is believed: a link leads where somebody else wants it, a FIFO holds whoever opens it for ever.

/// What others may do with a file.
enum class Others : std::uint8_t {
  anything,  ///< the folder is guarded by somebody else, who may have put links into it
  may_read,  ///< what they write would be believed
  may_not_read,
};

/// As people know the user: "anna", or "user 1001" where the system has no name.
std::string name_of_user(uid_t user);

/// Makes the folder, and those above it that are missing, for this user alone (0700).
Status make_private_folder(const std::string& folder);

/// The same, and takes from others what they may do in a folder of this user's that was there before. Not one that a
/// link leads to: whoever made the link has a say in it.
Status keep_folder_private(const std::string& folder);

/// Whether what stands under this name, if anything, is an ordinary file of this user, of root, or, asked by root, of
/// the folder's owner. `denied`: whose it is, or what it is.
Status check_private_file(const std::string& file);

/// The same for a file that is open.
Status check_private_file(const std::string& file, int descriptor);

/// The text of a small file that passes that check and that others can do no more with than `others` says; nothing
/// where there is none. `about`: the state that it was read in.
Result<std::optional<std::string>> read_private_file(const std::string& file, Others others,
                                                     std::size_t most = 1u << 20, struct stat* about = nullptr);

}  // namespace millrace
