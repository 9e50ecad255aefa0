#include "crypto/key_hash.hpp"

#include <sodium/crypto_shorthash.h>

#include <array>
#include <cstring>

#include "crypto/random.hpp"

namespace millrace {

namespace {

using Key = std::array<unsigned char, crypto_shorthash_KEYBYTES>;

Key new_key() noexcept {
  Key key = {};
  if (const auto bytes = random_bytes(key.size())) {
    std::memcpy(key.data(), bytes->data(), key.size());
  } else {  // the address of a variable is the best there is
    const void* here = &key;
    std::memcpy(key.data(), &here, sizeof here);
  }
  return key;
}

}  // namespace

std::uint64_t key_hash(std::string_view text) noexcept {
  static const Key key = new_key();
  std::array<unsigned char, crypto_shorthash_BYTES> hash = {};
  crypto_shorthash(hash.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size(), key.data());
  std::uint64_t number = 0;
  std::memcpy(&number, hash.data(), sizeof number);
  return number;
}

}  // namespace millrace
