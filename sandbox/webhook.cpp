#include "webhook.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <optional>

namespace millrace::sandbox {
namespace {

constexpr std::string_view own_seed = "millrace sandbox: not a secret!!";
static_assert(own_seed.size() == crypto_sign_SEEDBYTES);
constexpr std::string_view pem_begin = "-----BEGIN PRIVATE KEY-----";
constexpr std::string_view pem_end = "-----END PRIVATE KEY-----";

std::string base64(std::string_view bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // the terminating zero
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string bytes(text.size(), '\0');
  std::size_t size = 0;
  const int failed = sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                                       text.size(), " \r\n", &size, nullptr, sodium_base64_VARIANT_ORIGINAL);
  if (failed != 0) return std::nullopt;
  bytes.resize(size);
  return bytes;
}

/// The 32 bytes from which both keys follow.
Result<std::string> seed_of(const std::string& key) {
  if (key.empty()) return std::string(own_seed);
  const std::size_t begin = key.find(pem_begin), end = key.find(pem_end);
  const bool pem = begin != std::string::npos && end != std::string::npos && begin < end;
  const std::string_view inner =
      pem ? std::string_view(key).substr(begin + pem_begin.size(), end - begin - pem_begin.size()) : key;
  const std::optional<std::string> bytes = from_base64(inner);
  const std::size_t pkcs8_size = 48;  // 16 bytes of preamble, then the seed
  if (bytes && pem && bytes->size() == pkcs8_size) return bytes->substr(16);
  if (bytes && !pem && (bytes->size() == 32 || bytes->size() == 64)) return bytes->substr(0, 32);
  return Error{ErrorCode::invalid, "the key is no Ed25519 private key: it must be PEM, or base64 of 32 or 64 bytes"};
}

/// SubjectPublicKeyInfo: twelve fixed bytes, then the key.
std::string public_pem(std::string_view key) {
  constexpr std::array<unsigned char, 12> preamble = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                                      0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
  std::string der(preamble.begin(), preamble.end());
  der += key;
  return "-----BEGIN PUBLIC KEY-----\n" + base64(der) + "\n-----END PUBLIC KEY-----\n";
}

}  // namespace

Result<Signature> sign(std::string_view body, const std::string& key) {
  if (sodium_init() < 0) return Error{ErrorCode::internal, "libsodium cannot start"};
  const std::string seed = TRY(seed_of(key));
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> public_key{};
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret_key{};
  std::array<unsigned char, crypto_sign_BYTES> signature{};
  crypto_sign_seed_keypair(public_key.data(), secret_key.data(), reinterpret_cast<const unsigned char*>(seed.data()));
  crypto_sign_detached(signature.data(), nullptr, reinterpret_cast<const unsigned char*>(body.data()), body.size(),
                       secret_key.data());
  return Signature{.base64 = base64({reinterpret_cast<const char*>(signature.data()), signature.size()}),
                   .public_pem = public_pem({reinterpret_cast<const char*>(public_key.data()), public_key.size()})};
}

}  // namespace millrace::sandbox
