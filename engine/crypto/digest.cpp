#include "crypto/digest.hpp"

#include <sodium/crypto_auth_hmacsha256.h>
#include <sodium/crypto_auth_hmacsha512.h>
#include <sodium/crypto_hash_sha256.h>

#include "base/text.hpp"
#include "crypto/bytes.hpp"
#include "crypto/sha1.hpp"

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

namespace {

std::string hmac_sha512(std::string_view key, std::string_view message) {
  std::string made(crypto_auth_hmacsha512_BYTES, '\0');
  crypto_auth_hmacsha512_state state;
  crypto_auth_hmacsha512_init(&state, bytes_of(key), key.size());
  crypto_auth_hmacsha512_update(&state, bytes_of(message), message.size());
  crypto_auth_hmacsha512_final(&state, bytes_of(made));
  return made;
}

/// libsodium has no SHA-1.
std::string hmac_sha1(std::string_view key, std::string_view message) {
  constexpr std::size_t block = 64;
  std::string padded = key.size() > block ? sha1({key}) : std::string(key);
  padded.resize(block, '\0');
  std::string inner = padded, outer = padded;
  for (char& each : inner) each = static_cast<char>(each ^ 0x36);
  for (char& each : outer) each = static_cast<char>(each ^ 0x5c);
  return sha1({outer, sha1({inner, message})});
}

}  // namespace

std::string hmac(Hash hash, std::string_view key, std::string_view message) {
  switch (hash) {
    case Hash::sha1:
      return hmac_sha1(key, message);
    case Hash::sha256:
      return hmac_sha256(key, message);
    case Hash::sha512:
      return hmac_sha512(key, message);
  }
  return "";
}

std::string fingerprint(std::string_view text) { return hex(sha256(text)); }

}  // namespace millrace
