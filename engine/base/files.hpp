#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace millrace {

/// The whole of an ordinary file, of stdin for "-", or of what a shell hands over ("/dev/fd/63"), up to 1 GiB. Never
/// waits for somebody who writes into a FIFO.
Result<std::string> read_input(const std::string& file);

/// Puts `content` in the place of `file`, whole or not at all, whenever the machine stops: it is written beside it,
/// flushed, and then gets the name, which is flushed, too. `mode`: its permissions, such as 0600. `denied` or
/// `unavailable`, with the system's reason, where that cannot be done, and where there is something else than an
/// ordinary file.
Status replace_file(const std::string& file, std::string_view content, unsigned mode);

/// The same where nothing has the name yet; false, and nothing is changed, where something has.
Result<bool> put_new_file(const std::string& file, std::string_view content, unsigned mode);

/// The same in the place of a file of somebody's that was read as `was`, nothing: there was none. `conflict`, and
/// nothing is written, where that is not so by now. The file keeps its permissions and, where that is allowed, its
/// owner; where a link leads to it, what the link leads to is changed.
Status rewrite_file(const std::string& file, const std::optional<std::string>& was, std::string_view content);

/// Removes what writers of `file` have left beside it that were stopped while they wrote. REQUIRES: nobody writes it
/// now.
void remove_unfinished(const std::string& file);

/// That `conflict` before anything is done towards it.
Status check_unchanged(const std::string& file, const std::optional<std::string>& was);

}  // namespace millrace
