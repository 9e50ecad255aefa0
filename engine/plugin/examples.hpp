#pragma once

#include <string>
#include <vector>

#include "async/task.hpp"
#include "catalog/catalog.hpp"
#include "plugin/plugin_host.hpp"

namespace millrace {

/// Tries a manifest's examples as far as that goes without the outside: inputs and outputs against their schemas, pure
/// actions and trigger mappings by evaluating them. One sentence for each that does not hold.
std::vector<std::string> check_examples(const Manifest& plugin);

/// Calls a library with the examples of those actions that have no effects, and compares what they give. One that needs
/// the engine for it, or expressions, is left out: an example does not say what it would find there.
Task<std::vector<std::string>> try_examples(PluginHost& host, const Manifest& plugin);

}  // namespace millrace
