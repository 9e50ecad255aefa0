#pragma once

#include "cage/cage.hpp"

namespace millrace {

/// Files: read and execute below the system's library folders, read what the rules name, nothing else. Where the kernel
/// can do that for TCP, abstract sockets and signals, these are refused as well. REQUIRES: no new rights.
CageReport guard_files(const CageRules& rules);

}  // namespace millrace
