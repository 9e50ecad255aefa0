#pragma once

#include <cstddef>
#include <string>

#include "base/result.hpp"

namespace millrace {

/// Bytes that nobody can guess, from the system; `unavailable` where it gives none, as in the first moments of a
/// machine.
Result<std::string> random_bytes(std::size_t count);

/// 256 bits of them as 43 letters that may stand in an address: what opens something to whoever shows it.
Result<std::string> unguessable_text();

}  // namespace millrace
