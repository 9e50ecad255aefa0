#include "crypto/compare.hpp"

#include <sodium/utils.h>

#include "crypto/digest.hpp"

namespace millrace {

bool same_bytes(std::string_view left, std::string_view right) {
  return left.size() == right.size() && sodium_memcmp(left.data(), right.data(), left.size()) == 0;
}

bool same_secret(std::string_view given, std::string_view secret) { return same_bytes(sha256(given), sha256(secret)); }

}  // namespace millrace
