#pragma once

#include <memory>

#include "catalog/catalog.hpp"
#include "plugin/open_plugin.hpp"

namespace millrace {

/// Loads the library of `plugin` into this program and opens it; the refusal is a sentence. It is never unloaded.
Result<std::unique_ptr<OpenPlugin>> load_inside(Loop& loop, const Manifest& plugin, PluginLimits limits);

}  // namespace millrace
