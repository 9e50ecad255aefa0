#pragma once

#include <string>
#include <string_view>

namespace millrace {

/// True where `signature` (64 bytes) is Ed25519's for `message` under `key` (32 bytes). What has another size is false.
bool ed25519_signed(std::string_view key, std::string_view message, std::string_view signature);

std::string hmac_sha256(std::string_view key, std::string_view message);  ///< 32 bytes
std::string sha256(std::string_view text);                                ///< 32 bytes

/// Compares in a time that depends on the lengths only.
bool same_bytes(std::string_view left, std::string_view right);
/// Compares in a time that tells nothing about `secret`, its length included.
bool same_secret(std::string_view given, std::string_view secret);

}  // namespace millrace
