#pragma once

#include <cstdint>
#include <string_view>

namespace millrace {

/// A hash under a key that is new with each start of the program: who sends us JSON cannot choose names that collide.
std::uint64_t key_hash(std::string_view text) noexcept;

}  // namespace millrace
