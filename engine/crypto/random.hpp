#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace millrace {

/// Bytes that nobody can guess, from the system; nothing where it gives none, as in the first moments of a machine.
std::optional<std::string> random_bytes(std::size_t count) noexcept;

}  // namespace millrace
