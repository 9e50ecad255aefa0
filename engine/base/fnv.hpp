#pragma once

#include <cstdint>
#include <string_view>

namespace millrace {

/// FNV-1a: the same in every run of every build; no secret is needed, and none is kept by it.
constexpr std::uint64_t fnv1a(std::string_view bytes) noexcept {
  std::uint64_t hash = 14'695'981'039'346'656'037U;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 1'099'511'628'211U;
  return hash;
}

}  // namespace millrace
