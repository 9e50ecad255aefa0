#pragma once

#include <memory>
#include <string>

#include "plugin/binary.hpp"
#include "plugin/launch.hpp"
#include "plugin/open_plugin.hpp"

namespace millrace {

/// A plugin whose library runs in processes of its own, which may do nothing but talk to this one. What goes wrong
/// there is a step that fails: a death, a hang, memory that grows.
///
/// A call that was under way at a death is begun again under its keys, alone in a fresh process; so the input that
/// kills is found, and its neighbours live. `order` lacks the descriptor of the library.
std::unique_ptr<OpenPlugin> run_apart(Loop& loop, Binary binary, Launch order, PluginOptions options);

}  // namespace millrace
