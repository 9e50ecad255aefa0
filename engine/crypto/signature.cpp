#include "crypto/signature.hpp"

#include <sodium/crypto_sign_ed25519.h>

#include "crypto/bytes.hpp"

namespace millrace {

bool ed25519_signed(std::string_view key, std::string_view message, std::string_view signature) {
  if (key.size() != crypto_sign_ed25519_PUBLICKEYBYTES || signature.size() != crypto_sign_ed25519_BYTES) return false;
  return crypto_sign_ed25519_verify_detached(bytes_of(signature), bytes_of(message), message.size(), bytes_of(key)) ==
         0;
}

}  // namespace millrace
