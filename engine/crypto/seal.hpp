#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace millrace {

inline constexpr std::size_t seal_key_bytes = 32;
inline constexpr std::size_t salt_bytes = 16;

/// `content` so that only who has the key can read it or make another in its place (XChaCha20-Poly1305), bound to the
/// text `bound`, which is not in it: with another one it does not open. `unavailable`: the system gives no random
/// numbers. REQUIRES: a key of `seal_key_bytes`.
Result<std::string> seal(std::string_view key, std::string_view bound, std::string_view content);

/// What was sealed; nothing where the key or `bound` is another, or a bit of it has changed.
std::optional<std::string> unseal(std::string_view key, std::string_view bound, std::string_view sealed);

/// What it costs to try a passphrase.
struct PassphraseCost {
  std::uint64_t rounds = 3;
  std::uint64_t memory = 64u << 20;  ///< bytes
};

/// A key out of what a person remembers (argon2id). `salt`: `salt_bytes` of chance that are kept beside what is sealed.
/// `invalid`: a cost that nobody chose, as who changed it to keep us busy would; `unavailable`: no memory for it.
Result<std::string> key_of_passphrase(std::string_view passphrase, std::string_view salt, const PassphraseCost& cost);

}  // namespace millrace
