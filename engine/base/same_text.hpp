#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace millrace {

/// Whether two texts are equal. Names that are compared over and over are mostly short: no call is worth it for those.
[[gnu::always_inline]] inline bool same_text(std::string_view one, std::string_view other) noexcept {
  const std::size_t size = one.size();
  if (size != other.size()) return false;
  const auto same = [&](std::size_t at, auto bytes) {
    return std::memcmp(one.data() + at, other.data() + at, sizeof bytes) == 0;
  };
  if (size > 16) return std::memcmp(one.data(), other.data(), size) == 0;
  if (size >= 8) return same(0, std::uint64_t{}) && same(size - 8, std::uint64_t{});
  if (size >= 4) return same(0, std::uint32_t{}) && same(size - 4, std::uint32_t{});
  if (size >= 2) return same(0, std::uint16_t{}) && same(size - 2, std::uint16_t{});
  return size == 0 || one[0] == other[0];
}

}  // namespace millrace
