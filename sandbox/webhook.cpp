#include "webhook.hpp"

#include <array>
#include <optional>

#include "crypto/base64.hpp"
#include "crypto/signature.hpp"

namespace millrace::sandbox {
namespace {

constexpr std::string_view own_seed = "millrace sandbox: not a secret!!";
static_assert(own_seed.size() == 32);
constexpr std::string_view pem_begin = "-----BEGIN PRIVATE KEY-----";
constexpr std::string_view pem_end = "-----END PRIVATE KEY-----";

/// The 32 bytes from which both keys follow.
Result<std::string> seed_of(const std::string& key) {
  if (key.empty()) return std::string(own_seed);
  const std::size_t begin = key.find(pem_begin), end = key.find(pem_end);
  const bool pem = begin != std::string::npos && end != std::string::npos && begin < end;
  std::string inner = pem ? key.substr(begin + pem_begin.size(), end - begin - pem_begin.size()) : key;
  std::erase_if(inner, [](char letter) { return letter == ' ' || letter == '\r' || letter == '\n'; });
  const std::optional<std::string> bytes = decode_base64(inner);
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
  return "-----BEGIN PUBLIC KEY-----\n" + encode_base64(der) + "\n-----END PUBLIC KEY-----\n";
}

}  // namespace

Result<Signature> sign(std::string_view body, const std::string& key) {
  const std::string seed = TRY(seed_of(key));
  return Signature{.base64 = encode_base64(ed25519_sign(seed, body)),
                   .public_pem = public_pem(ed25519_public_key(seed))};
}

}  // namespace millrace::sandbox
