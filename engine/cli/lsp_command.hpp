#pragma once

#include "cli/session.hpp"

namespace millrace {

/// Speaks the Language Server Protocol over stdin and stdout until the editor ends it.
int lsp_command(const Session& session);

}  // namespace millrace
