#include "crypto/signature.hpp"

#include <sodium/crypto_sign_ed25519.h>
#include <sodium/utils.h>

#include <array>

#include "crypto/bytes.hpp"

namespace millrace {

namespace {

struct KeyPair {
  std::array<unsigned char, crypto_sign_ed25519_PUBLICKEYBYTES> open = {};
  std::array<unsigned char, crypto_sign_ed25519_SECRETKEYBYTES> secret = {};
  explicit KeyPair(std::string_view seed) {
    crypto_sign_ed25519_seed_keypair(open.data(), secret.data(), bytes_of(seed));
  }
  ~KeyPair() { sodium_memzero(secret.data(), secret.size()); }
  KeyPair(const KeyPair&) = delete;
  KeyPair& operator=(const KeyPair&) = delete;
};

}  // namespace

std::string ed25519_public_key(std::string_view seed) {
  const KeyPair pair(seed);
  return {pair.open.begin(), pair.open.end()};
}

std::string ed25519_sign(std::string_view seed, std::string_view message) {
  const KeyPair pair(seed);
  std::array<unsigned char, crypto_sign_ed25519_BYTES> signature = {};
  crypto_sign_ed25519_detached(signature.data(), nullptr, bytes_of(message), message.size(), pair.secret.data());
  return {signature.begin(), signature.end()};
}

bool ed25519_signed(std::string_view key, std::string_view message, std::string_view signature) {
  if (key.size() != crypto_sign_ed25519_PUBLICKEYBYTES || signature.size() != crypto_sign_ed25519_BYTES) return false;
  return crypto_sign_ed25519_verify_detached(bytes_of(signature), bytes_of(message), message.size(), bytes_of(key)) ==
         0;
}

}  // namespace millrace
