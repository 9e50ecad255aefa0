#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace millrace::sandbox {

/// What a receiver needs to believe a delivery.
struct Signature {
  std::string base64;      ///< of the 64 bytes, as X-GHL-Signature carries it
  std::string public_pem;  ///< the key that verifies it
};

/// Signs `body` with Ed25519. `key` is the private key: PEM (PKCS #8), or base64 of the 32 bytes of the seed or the 64
/// bytes of seed and public key; empty for the sandbox's own, which is no secret.
Result<Signature> sign(std::string_view body, const std::string& key);

}  // namespace millrace::sandbox
