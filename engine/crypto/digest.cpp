#include "crypto/digest.hpp"

#include <sodium/crypto_auth_hmacsha256.h>
#include <sodium/crypto_hash_sha256.h>

#include "base/text.hpp"
#include "crypto/bytes.hpp"

namespace millrace {

std::string sha256(std::string_view text) {
  std::string made(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(bytes_of(made), bytes_of(text), text.size());
  return made;
}

std::string hmac_sha256(std::string_view key, std::string_view message) {
  std::string made(crypto_auth_hmacsha256_BYTES, '\0');
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes_of(key), key.size());
  crypto_auth_hmacsha256_update(&state, bytes_of(message), message.size());
  crypto_auth_hmacsha256_final(&state, bytes_of(made));
  return made;
}

std::string fingerprint(std::string_view text) { return hex(sha256(text)); }

}  // namespace millrace
