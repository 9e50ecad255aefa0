#pragma once

#include <cstddef>
#include <string>

#include "base/result.hpp"

namespace millrace {

/// Bytes that nobody can guess, from the system; `unavailable` where it gives none, as in the first moments of a
/// machine.
Result<std::string> random_bytes(std::size_t count);

}  // namespace millrace
