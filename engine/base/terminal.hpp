#pragma once

#include <string>

#include "base/result.hpp"

namespace millrace {

/// Whether somebody sits at a terminal of this process who can be asked, whatever stdin and stdout are.
bool has_terminal() noexcept;

/// What is typed at the terminal in answer to `question`, which is not shown there. `cancelled`: Ctrl-C or the end of
/// what is typed; `unavailable`: there is no terminal.
Result<std::string> ask_hidden(const std::string& question);

}  // namespace millrace
