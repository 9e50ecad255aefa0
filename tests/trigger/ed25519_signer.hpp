#pragma once

#include <doctest/doctest.h>
#include <openssl/evp.h>

#include <array>
#include <cstdlib>
#include <string>

#include "crypto/base64.hpp"

namespace millrace::test {

/// An Ed25519 key pair of the test's own, from a seed of one repeated letter.
class Signer {
 public:
  explicit Signer(char seed) {
    const std::string bytes(32, seed);
    key_ = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, reinterpret_cast<const unsigned char*>(bytes.data()),
                                        bytes.size());
    REQUIRE(key_ != nullptr);
  }
  ~Signer() { EVP_PKEY_free(key_); }
  Signer(const Signer&) = delete;
  Signer& operator=(const Signer&) = delete;

  std::string public_key() const {
    std::array<unsigned char, 32> bytes;
    std::size_t size = bytes.size();
    REQUIRE(EVP_PKEY_get_raw_public_key(key_, bytes.data(), &size) == 1);
    return {bytes.begin(), bytes.end()};
  }
  std::string sign(const std::string& text) const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    std::array<unsigned char, 64> bytes;
    std::size_t size = bytes.size();
    REQUIRE(EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key_) == 1);
    REQUIRE(EVP_DigestSign(context, bytes.data(), &size, reinterpret_cast<const unsigned char*>(text.data()),
                           text.size()) == 1);
    EVP_MD_CTX_free(context);
    return encode_base64({reinterpret_cast<const char*>(bytes.data()), size});
  }

 private:
  EVP_PKEY* key_;
};

/// HighLevel's key is replaced as long as this lives.
class HighLevelKey {
 public:
  explicit HighLevelKey(const std::string& text) { setenv("MILLRACE_HIGHLEVEL_WEBHOOK_KEY", text.c_str(), 1); }
  ~HighLevelKey() { unsetenv("MILLRACE_HIGHLEVEL_WEBHOOK_KEY"); }
  HighLevelKey(const HighLevelKey&) = delete;
  HighLevelKey& operator=(const HighLevelKey&) = delete;
};

}  // namespace millrace::test
