#include "crypto/seal.hpp"

#include <sodium/crypto_aead_xchacha20poly1305.h>
#include <sodium/crypto_pwhash_argon2id.h>

#include "crypto/bytes.hpp"
#include "crypto/random.hpp"

namespace millrace {

namespace {

constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::uint64_t most_rounds = 20, most_memory = 1u << 30;

static_assert(seal_key_bytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
static_assert(salt_bytes == crypto_pwhash_argon2id_SALTBYTES);

}  // namespace

Result<std::string> seal(std::string_view key, std::string_view bound, std::string_view content) {
  // The nonce has 24 bytes, so that chance never gives one twice.
  std::string sealed = TRY(random_bytes(nonce_bytes));
  sealed.resize(nonce_bytes + content.size() + tag_bytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(bytes_of(sealed) + nonce_bytes, nullptr, bytes_of(content), content.size(),
                                             bytes_of(bound), bound.size(), nullptr, bytes_of(sealed), bytes_of(key));
  return sealed;
}

std::optional<std::string> unseal(std::string_view key, std::string_view bound, std::string_view sealed) {
  if (key.size() != seal_key_bytes || sealed.size() < nonce_bytes + tag_bytes) return std::nullopt;
  const std::string_view nonce = sealed.substr(0, nonce_bytes), hidden = sealed.substr(nonce_bytes);
  std::string content(hidden.size() - tag_bytes, '\0');
  const bool whole =
      crypto_aead_xchacha20poly1305_ietf_decrypt(bytes_of(content), nullptr, nullptr, bytes_of(hidden), hidden.size(),
                                                 bytes_of(bound), bound.size(), bytes_of(nonce), bytes_of(key)) == 0;
  return whole ? std::optional(std::move(content)) : std::nullopt;
}

Result<std::string> key_of_passphrase(std::string_view passphrase, std::string_view salt, const PassphraseCost& cost) {
  if (salt.size() != salt_bytes || cost.rounds < crypto_pwhash_argon2id_OPSLIMIT_MIN || cost.rounds > most_rounds ||
      cost.memory < crypto_pwhash_argon2id_MEMLIMIT_MIN || cost.memory > most_memory)
    return Error{ErrorCode::invalid, "what a passphrase costs is beyond what anybody would choose"};
  std::string key(seal_key_bytes, '\0');
  const bool made = crypto_pwhash_argon2id(bytes_of(key), key.size(), passphrase.data(), passphrase.size(),
                                           bytes_of(salt), cost.rounds, static_cast<std::size_t>(cost.memory),
                                           crypto_pwhash_argon2id_ALG_ARGON2ID13) == 0;
  if (!made) return Error{ErrorCode::unavailable, "there is not enough memory to make a key of a passphrase"};
  return key;
}

}  // namespace millrace
