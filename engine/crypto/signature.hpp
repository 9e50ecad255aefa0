#pragma once

#include <string>
#include <string_view>

namespace millrace {

/// The public key (32 bytes) of a seed. REQUIRES: it has 32 bytes, by chance.
std::string ed25519_public_key(std::string_view seed);
/// Ed25519's signature (64 bytes) of `message` under the seed's key; the same each time. REQUIRES: as above.
std::string ed25519_sign(std::string_view seed, std::string_view message);

/// True where `signature` (64 bytes) is Ed25519's for `message` under `key` (32 bytes). What has another size is false.
bool ed25519_signed(std::string_view key, std::string_view message, std::string_view signature);

}  // namespace millrace
