#pragma once

#include <string>

namespace millrace {

/// What the cage of strangers' plugins holds on this system, as this process is allowed to build it, in one sentence:
/// the program for them puts it on, loads nothing and tells. Blocks for some milliseconds.
std::string cage_here();

}  // namespace millrace
