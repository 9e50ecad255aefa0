#pragma once

#include <cstddef>

#include "decider/event.hpp"

namespace millrace {

/// Roughly the memory that an event takes with all that is in it, in bytes.
std::size_t bytes_of(const RunEvent& event) noexcept;

}  // namespace millrace
