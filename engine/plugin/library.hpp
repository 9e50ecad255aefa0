#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "abi/millrace_plugin.h"
#include "base/result.hpp"
#include "plugin/plugin_call.hpp"

namespace millrace {

/// Loads a library, checks its table and opens it. Never unloaded: threads and exit handlers of a library outlive every
/// moment at which it could be.
Result<OpenLibrary> load_library(const std::filesystem::path& file, const std::string& name,
                                 const std::shared_ptr<CallHub>& hub);

}  // namespace millrace
