#include "gate/fingerprint.hpp"

#include <openssl/sha.h>

#include "base/text.hpp"

namespace millrace {

std::string fingerprint(std::string_view text) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return hex(digest);
}

}  // namespace millrace
