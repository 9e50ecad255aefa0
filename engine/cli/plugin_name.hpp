#pragma once

#include <string>

#include "base/result.hpp"

namespace millrace {

/// Whether a new plugin of the project can have this name: `invalid` where it is no name, `conflict` where a plugin
/// that came with Millrace has it.
Status check_plugin_name(const std::string& name);

}  // namespace millrace
