#pragma once

#include "abi/millrace_plugin.h"

namespace millrace {

/// The functions that every plugin in this program gets: they find the call behind a handle and pass on what was said.
const mr_host& host_table() noexcept;

}  // namespace millrace
