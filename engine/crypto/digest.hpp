#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {

std::string sha256(std::string_view text);                                ///< 32 bytes
std::string hmac_sha256(std::string_view key, std::string_view message);  ///< 32 bytes

/// The hashes with which senders key their signatures. SHA-1 is for senders that have nothing better: what is broken of
/// it, its resistance to collisions, a keyed hash does not need.
enum class Hash : std::uint8_t {
  sha1,    ///< 20 bytes
  sha256,  ///< 32 bytes
  sha512,  ///< 64 bytes
};

/// The keyed hash of `message` (RFC 2104); the key may have any length.
std::string hmac(Hash hash, std::string_view key, std::string_view message);

/// The SHA-256 of a text, in 64 lower-case hexadecimal digits: by it two texts are known to be the same.
std::string fingerprint(std::string_view text);
/// How people call such a text: the beginning of its fingerprint.
inline std::string short_name(const std::string& fingerprint) { return fingerprint.substr(0, 7); }

}  // namespace millrace
