#include "api/approval_link.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "base/text.hpp"

namespace millrace {

namespace {

constexpr std::size_t key_bytes = 16;

std::string hmac_sha256(std::string_view key, std::string_view message) {
  std::string made(SHA256_DIGEST_LENGTH, '\0');
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(message.data()),
       message.size(), reinterpret_cast<unsigned char*>(made.data()), &size);
  return made;
}

}  // namespace

std::string approval_key(std::string_view token, RunKey run) {
  // The token opens everything: what is given to people is made with a key that opens nothing else.
  const std::string key = hmac_sha256(token, "millrace: links to approvals");
  return hex(hmac_sha256(key, "approve\n" + render(run)).substr(0, key_bytes));
}

bool is_approval_key(std::string_view given, std::string_view token, RunKey run) {
  const std::string right = approval_key(token, run);
  return !token.empty() && given.size() == right.size() && CRYPTO_memcmp(given.data(), right.data(), right.size()) == 0;
}

std::string ApprovalLinks::to(RunKey run) const {
  if (url.empty() || token.empty()) return "";
  return url + "/approve/" + render(run) + "?key=" + approval_key(token, run);
}

}  // namespace millrace
