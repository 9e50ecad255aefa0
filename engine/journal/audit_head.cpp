#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "crypto/signature.hpp"
#include "journal/audit.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

constexpr std::string_view head_word = "millrace-audit-head";

template <class Number>
bool read_number(const std::string& word, Number& number, int base = 10) {
  const auto [end, failed] = std::from_chars(word.data(), word.data() + word.size(), number, base);
  return failed == std::errc() && end == word.data() + word.size();
}

std::string encode_unsigned(const AuditHead& head) {
  std::array<char, 8> store = {};
  for (std::size_t at = 0; at < store.size(); ++at)
    store.at(at) = static_cast<char>(static_cast<std::uint64_t>(head.store) >> (56 - 8 * at) & 0xff);
  return std::string(head_word) + " " + hex({store.data(), store.size()}) + " " + std::to_string(head.epoch) + " " +
         std::to_string(head.number) + " " + hex(head.hash) + " " + render(head.at);
}

Status read_signature(const std::vector<std::string>& words, AuditHead& head) {
  const auto key = decode_base64(words[6]), signature = decode_base64(words[7]);
  const std::string said = join(std::vector<std::string>(words.begin(), words.begin() + 6), " ");
  if (!key || !signature || !ed25519_signed(*key, said, *signature))
    return Error{ErrorCode::invalid, "this head of an audit is not what its signer wrote: " + shortened(said, 60)};
  head.key = *key;
  head.signature = *signature;
  return Done{};
}

}  // namespace

std::string encode(const AuditHead& head) {
  const std::string text = encode_unsigned(head);
  if (head.signature.empty()) return text;
  return text + " " + encode_base64(head.key) + " " + encode_base64(head.signature);
}

void sign(AuditHead& head, std::string_view seed) {
  head.key = ed25519_public_key(seed);
  head.signature = ed25519_sign(seed, encode_unsigned(head));
}

Result<AuditHead> parse_audit_head(std::string_view line) {
  const Error none = {ErrorCode::invalid, "this is no head of an audit: " + shortened(line, 60)};
  const std::vector<std::string> words = split(trim(line), ' ');
  if ((words.size() != 6 && words.size() != 8) || words[0] != head_word) return none;
  AuditHead head;
  std::uint64_t store = 0;
  if (words[1].size() != 16 || !read_number(words[1], store, 16) || !read_number(words[2], head.epoch) ||
      !read_number(words[3], head.number) || words[4].size() != 64)
    return none;
  head.store = static_cast<std::int64_t>(store);
  for (std::size_t at = 0; at < words[4].size(); at += 2) {
    unsigned byte = 0;
    if (!read_number(words[4].substr(at, 2), byte, 16)) return none;
    head.hash += static_cast<char>(byte);
  }
  const auto at = parse_timestamp(words[5]);
  if (!at) return none;
  head.at = *at;
  if (words.size() == 8) TRY(read_signature(words, head));
  return head;
}

}  // namespace millrace
