#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace millrace {

/// The whole of a file, or of stdin for "-".
Result<std::string> read_input(const std::string& file);

/// Puts `content` in the place of `file`, whole or not at all, whenever the machine stops: it is written beside it,
/// flushed, and then gets the name. `mode`: its permissions, such as 0600. `denied` or `unavailable`, with the system's
/// reason, where that cannot be done, and where there is something else than an ordinary file.
Status replace_file(const std::string& file, std::string_view content, unsigned mode);

/// The same for a file that is there: it keeps its permissions and, where that is allowed, its owner.
Status rewrite_file(const std::string& file, std::string_view content);

/// The same where nothing has the name yet; false, and nothing is changed, where something has.
Result<bool> put_new_file(const std::string& file, std::string_view content, unsigned mode);

}  // namespace millrace
