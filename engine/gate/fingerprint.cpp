#include "gate/fingerprint.hpp"

#include <openssl/sha.h>

#include <array>

namespace millrace {

std::string fingerprint(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  constexpr std::string_view digits = "0123456789abcdef";
  std::string shown;
  shown.reserve(digest.size() * 2);
  for (const unsigned char byte : digest) shown += {digits[byte >> 4], digits[byte & 15]};
  return shown;
}

}  // namespace millrace
