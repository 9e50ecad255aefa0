#include "crypto/minisign.hpp"

#include <sodium/crypto_generichash_blake2b.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "crypto/bytes.hpp"
#include "crypto/signature.hpp"

namespace millrace {
namespace {

constexpr std::string_view untrusted_words = "untrusted comment: ";
constexpr std::string_view trusted_words = "trusted comment: ";
constexpr std::size_t id_bytes = 8, signature_bytes = 64, key_bytes = 32;
constexpr std::size_t largest = 16384;  // of a comment nobody needs more

/// The lines without their ends; the last one may have none.
std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines = split(text, '\n');
  for (std::string& line : lines) {
    if (line.ends_with('\r')) line.pop_back();
  }
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

std::string blake2b(std::string_view content) {
  std::string made(crypto_generichash_blake2b_BYTES_MAX, '\0');
  crypto_generichash_blake2b(bytes_of(made), made.size(), bytes_of(content), content.size(), nullptr, 0);
  return made;
}

Error no_key() { return {ErrorCode::invalid, "this is no public key of minisign's (a line that begins with RW)"}; }
Error no_signature() { return {ErrorCode::invalid, "this is no signature of minisign's (four lines)"}; }

}  // namespace

Result<MinisignKey> parse_minisign_key(std::string_view text) {
  if (text.size() > largest) return no_key();
  const std::vector<std::string> lines = lines_of(text);
  if (lines.empty() || lines.size() > 2) return no_key();
  if (lines.size() == 2 && !lines.front().starts_with(untrusted_words)) return no_key();
  MinisignKey key;
  key.text = lines.back();
  if (lines.size() == 2) key.comment = lines.front().substr(untrusted_words.size());
  const auto bytes = decode_base64(key.text);
  // Written the one way there is, so that a key has one text.
  if (!bytes || bytes->size() != 2 + id_bytes + key_bytes || !bytes->starts_with("Ed")) return no_key();
  if (encode_base64(*bytes) != key.text) return no_key();
  key.id = bytes->substr(2, id_bytes);
  key.key = bytes->substr(2 + id_bytes);
  return key;
}

Result<MinisignSignature> parse_minisign_signature(std::string_view text) {
  if (text.size() > largest) return no_signature();
  const std::vector<std::string> lines = lines_of(text);
  if (lines.size() != 4 || !lines[0].starts_with(untrusted_words) || !lines[2].starts_with(trusted_words))
    return no_signature();
  const auto bytes = decode_base64(lines[1]), about_comment = decode_base64(lines[3]);
  if (!bytes || bytes->size() != 2 + id_bytes + signature_bytes) return no_signature();
  if (!about_comment || about_comment->size() != signature_bytes) return no_signature();
  const std::string kind = bytes->substr(0, 2);
  if (kind != "ED" && kind != "Ed") return no_signature();
  MinisignSignature signature;
  signature.hashed = kind == "ED";
  signature.id = bytes->substr(2, id_bytes);
  signature.signature = bytes->substr(2 + id_bytes);
  signature.trusted_comment = lines[2].substr(trusted_words.size());
  signature.comment_signature = *about_comment;
  return signature;
}

std::string minisign_id(std::string_view id) {
  std::string digits = hex(std::string(id.rbegin(), id.rend()));  // it is a number, the smallest byte first
  std::transform(digits.begin(), digits.end(), digits.begin(),
                 [](char digit) { return digit >= 'a' ? static_cast<char>(digit - 'a' + 'A') : digit; });
  const std::size_t zeros = digits.find_first_not_of('0');
  return zeros == std::string::npos ? "0" : digits.substr(zeros);
}

Status check_minisign(const MinisignSignature& signature, const MinisignKey& key, std::string_view content) {
  if (signature.id != key.id) {
    return Error{ErrorCode::denied,
                 "it is signed with the key " + minisign_id(signature.id) + ", and not with " + minisign_id(key.id)};
  }
  const std::string hash = signature.hashed ? blake2b(content) : std::string();
  if (!ed25519_signed(key.key, signature.hashed ? std::string_view(hash) : content, signature.signature))
    return Error{ErrorCode::denied, "the signature is of something else, or by somebody else"};
  if (!ed25519_signed(key.key, signature.signature + signature.trusted_comment, signature.comment_signature))
    return Error{ErrorCode::denied, "the signature's trusted comment is not the signer's"};
  return Done{};
}

}  // namespace millrace
