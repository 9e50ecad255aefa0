#pragma once

#include <string>

namespace millrace {

/// Puts the filter over system calls on. Gives why not, or nothing. REQUIRES: no new rights; the only thread.
std::string filter_calls();

}  // namespace millrace
