#pragma once

#include <string_view>

namespace millrace {

/// True where `signature` (64 bytes) is Ed25519's for `message` under `key` (32 bytes). What has another size is false.
bool ed25519_signed(std::string_view key, std::string_view message, std::string_view signature);

}  // namespace millrace
