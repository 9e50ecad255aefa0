#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "plugin/open_plugin.hpp"

namespace millrace {

/// Loads the library of a plugin into this program and opens it; the refusal is a sentence. It is never unloaded.
Result<std::unique_ptr<OpenPlugin>> load_inside(Loop& loop, const std::string& name, const std::filesystem::path& file,
                                                const PluginOptions& options);

}  // namespace millrace
