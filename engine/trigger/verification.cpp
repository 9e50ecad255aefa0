#include "trigger/verification.hpp"

#include <cstdlib>
#include <optional>
#include <string_view>

#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "crypto/compare.hpp"
#include "crypto/digest.hpp"
#include "crypto/signature.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

/// What HighLevel publishes for X-GHL-Signature, the same for every account.
constexpr const char* highlevel_key = "MCowBQYDK2VwAyEAi2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg=";
constexpr const char* highlevel_key_variable = "MILLRACE_HIGHLEVEL_WEBHOOK_KEY";
constexpr std::int64_t clock_difference = 5 * 60;  // seconds by which a sender's clock may be ahead of ours
/// An Ed25519 key in DER begins with its algorithm; the key itself is what follows.
constexpr std::string_view der_of_ed25519("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12);

Error denied(std::string message) { return {.code = ErrorCode::denied, .message = std::move(message)}; }

/// The words between blanks and line ends.
std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> found;
  std::string word;
  for (const char letter : text) {
    const bool blank = letter == ' ' || letter == '\n' || letter == '\r' || letter == '\t';
    if (!blank) word += letter;
    if (blank && !word.empty()) found.push_back(std::exchange(word, {}));
  }
  if (!word.empty()) found.push_back(std::move(word));
  return found;
}

/// The secret's keys: several during a rotation.
Result<std::vector<std::string>> keys_of(const Verifier& verifier, Secrets& secrets) {
  auto secret = secrets.find(verifier.secret);
  if (!secret) return Error{.code = ErrorCode::unavailable, .message = secret.error().message};
  std::vector<std::string> keys = words(secret->reveal());
  if (keys.empty()) return Error{.code = ErrorCode::unavailable, .message = verifier.secret + " is empty"};
  return keys;
}

/// The Ed25519 keys in `text`: base64 of the key itself or of its DER form, or PEM, separated by blanks.
std::vector<std::string> ed25519_keys(std::string text) {
  for (const std::string_view frame : {"-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"}) {
    for (std::size_t at = text.find(frame); at != std::string::npos; at = text.find(frame, at))
      text.replace(at, frame.size(), " ");
  }
  std::vector<std::string> keys;
  for (const std::string& word : words(text)) {
    auto key = decode_base64(word);
    if (!key) continue;
    if (key->size() == der_of_ed25519.size() + 32 && key->starts_with(der_of_ed25519))
      key->erase(0, der_of_ed25519.size());
    if (key->size() == 32) keys.push_back(std::move(*key));
  }
  return keys;
}

Result<Verified> verify_highlevel(const IncomingRequest& request) {
  const std::string* header = request.headers.find("x-ghl-signature");
  if (header == nullptr || trim(*header).empty() || trim(*header) == "N/A") {
    const bool legacy = request.headers.find("x-wh-signature") != nullptr;
    return denied(legacy ? "only the legacy RSA signature (X-WH-Signature) is there, which HighLevel ended in "
                           "September 2026: X-GHL-Signature is needed"
                         : "the header X-GHL-Signature is missing");
  }
  const char* named = std::getenv(highlevel_key_variable);
  const bool replaced = named != nullptr && *named != '\0';
  const std::vector<std::string> keys = ed25519_keys(replaced ? named : highlevel_key);
  if (keys.empty()) {
    return Error{.code = ErrorCode::unavailable,
                 .message = std::string(highlevel_key_variable) + " holds no Ed25519 public key"};
  }
  const auto signature = decode_base64(trim(*header));
  bool matches = false;
  for (const std::string& key : keys) matches = matches || ed25519_signed(key, request.body, signature.value_or(""));
  if (!matches) return denied("X-GHL-Signature does not match the body");
  const auto body = parse_json(request.body, from_outside);
  std::string id = body ? body->text_or("webhookId") : "";
  // Some deliveries have none. Every retry repeats the same bytes, so their hash tells them from one another.
  if (id.empty()) id = "sha256:" + hex(sha256(request.body));
  return Verified{std::move(id)};
}

/// Unix seconds, digits only: another text of the same number would be signed as another text.
std::optional<std::int64_t> unix_seconds(std::string_view text) {
  if (text.empty() || text.size() > 12 || text.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  std::int64_t seconds = 0;
  for (const char digit : text) seconds = seconds * 10 + (digit - '0');
  return seconds;
}

/// One of the header's signatures ("v1,<base64>" or "v1a,<base64>") against one key.
bool standard_match(std::string_view signature, std::string_view key, std::string_view content) {
  const std::size_t comma = signature.find(',');
  if (comma == std::string_view::npos) return false;
  const auto bytes = decode_base64(signature.substr(comma + 1));
  if (!bytes) return false;
  const std::string_view version = signature.substr(0, comma);
  const bool is_public = key.starts_with("whpk_");
  if (version == "v1a" && is_public) {
    for (const std::string& one : ed25519_keys(std::string(key.substr(5)))) {
      if (ed25519_signed(one, content, *bytes)) return true;
    }
    return false;
  }
  if (version != "v1" || is_public) return false;
  const auto secret = decode_base64(key.starts_with("whsec_") ? key.substr(6) : key);
  return secret && !secret->empty() && same_bytes(hmac_sha256(*secret, content), *bytes);
}

Result<Verified> verify_standard(const Verifier& verifier, const IncomingRequest& request, Secrets& secrets,
                                 Timestamp now) {
  const std::string* id = request.headers.find("webhook-id");
  const std::string* time = request.headers.find("webhook-timestamp");
  const std::string* signatures = request.headers.find("webhook-signature");
  if (id == nullptr || id->empty()) return denied("the header webhook-id is missing");
  if (time == nullptr) return denied("the header webhook-timestamp is missing");
  if (signatures == nullptr) return denied("the header webhook-signature is missing");
  const auto sent = unix_seconds(*time);
  if (!sent) return denied("webhook-timestamp is not a number of seconds");
  const std::vector<std::string> keys = TRY(keys_of(verifier, secrets));
  const std::string content = *id + "." + *time + "." + request.body;
  bool matches = false;
  for (const std::string& signature : words(*signatures)) {
    for (const std::string& key : keys) matches = standard_match(signature, key, content) || matches;
  }
  if (!matches) return denied("webhook-signature does not match the delivery");
  if (*sent > now.seconds + clock_difference)
    return denied("webhook-timestamp lies more than five minutes in the future: the sender's clock, or ours, is wrong");
  return Verified{*id};
}

Result<Verified> verify_hmac(const Verifier& verifier, const IncomingRequest& request, Secrets& secrets) {
  const std::string* header = request.headers.find(verifier.header);
  if (header == nullptr || trim(*header).empty()) return denied("the header " + verifier.header + " is missing");
  const std::vector<std::string> keys = TRY(keys_of(verifier, secrets));
  std::string given(trim(*header));
  if (given.starts_with("sha256=")) given.erase(0, 7);
  std::optional<std::string> bytes;
  if (verifier.base64) bytes = decode_base64(given);
  bool matches = false;
  for (const std::string& key : keys) {
    const std::string made = hmac_sha256(key, request.body);
    const bool same = verifier.base64 ? bytes && same_bytes(made, *bytes) : same_bytes(hex(made), lower(given));
    matches = same || matches;
  }
  if (!matches) return denied("the signature in " + verifier.header + " does not match the body");
  return Verified{};
}

Result<Verified> verify_text(const std::string& given, const Verifier& verifier, Secrets& secrets,
                             const std::string& refusal) {
  const std::vector<std::string> keys = TRY(keys_of(verifier, secrets));
  bool matches = false;
  for (const std::string& key : keys) matches = same_secret(given, key) || matches;
  if (!matches) return denied(refusal);
  return Verified{};
}

Result<Verified> verify_bearer(const Verifier& verifier, const IncomingRequest& request, Secrets& secrets) {
  const std::string* header = request.headers.find("authorization");
  if (header == nullptr || lower(header->substr(0, 7)) != "bearer ")
    return denied("the header Authorization: Bearer is missing");
  return verify_text(std::string(trim(header->substr(7))), verifier, secrets, "the bearer token is not the right one");
}

Result<Verified> verify_path(const Verifier& verifier, const IncomingRequest& request, Secrets& secrets) {
  const std::size_t slash = request.path.rfind('/');
  const std::string_view last =
      slash == std::string::npos ? std::string_view() : std::string_view(request.path).substr(slash + 1);
  const auto given = percent_decode(last);
  return verify_text(given.value_or(""), verifier, secrets, "the secret part of the address is not the right one");
}

/// The settings of `verify:` as a mapping: one scheme and its secret.
Result<Verifier> read_mapping(const Value& verify) {
  Verifier verifier;
  const auto takes = [&](const char* key, Verifier::Kind kind) {
    const Value* secret = verify.find(key);
    if (secret == nullptr || !secret->is_text()) return false;
    verifier.kind = kind;
    verifier.secret = secret->text();
    return true;
  };
  if (const Value* hmac = verify.find("hmac")) {
    verifier.kind = Verifier::Kind::hmac;
    verifier.secret = hmac->text_or("secret");
    verifier.header = lower(hmac->text_or("header"));
    verifier.base64 = hmac->text_or("encoding") == "base64";
  } else if (!takes("standard_webhooks", Verifier::Kind::standard_webhooks) &&
             !takes("bearer", Verifier::Kind::bearer) && !takes("secret_path", Verifier::Kind::secret_path)) {
    return Error{.code = ErrorCode::invalid, .message = "verify names no scheme that is known"};
  }
  return verifier;
}

}  // namespace

Result<Verifier> verifier_of(const TriggerSpec& spec) {
  const Value* verify = spec.settings.find("verify");
  if (verify == nullptr || verify->is_null()) {
    if (spec.kind == "plugin" && spec.name.starts_with("highlevel."))
      return Verifier{.kind = Verifier::Kind::highlevel};
    return Error{.code = ErrorCode::invalid,
                 .message =
                     "the trigger does not say how its senders are verified: add verify, such as {secret_path: "
                     "secret:x}, or public where anybody may call it",
                 .at = spec.at};
  }
  if (verify->is_text() && verify->text() == "highlevel") return Verifier{.kind = Verifier::Kind::highlevel};
  if (verify->is_text() && verify->text() == "public") return Verifier{.kind = Verifier::Kind::open};
  return read_mapping(*verify);
}

Result<Verified> verify(const Verifier& verifier, const IncomingRequest& request, Secrets& secrets, Timestamp now) {
  switch (verifier.kind) {
    case Verifier::Kind::open:
      return Verified{};
    case Verifier::Kind::highlevel:
      return verify_highlevel(request);
    case Verifier::Kind::standard_webhooks:
      return verify_standard(verifier, request, secrets, now);
    case Verifier::Kind::hmac:
      return verify_hmac(verifier, request, secrets);
    case Verifier::Kind::bearer:
      return verify_bearer(verifier, request, secrets);
    case Verifier::Kind::secret_path:
      return verify_path(verifier, request, secrets);
  }
  return denied("the delivery is not verified");
}

}  // namespace millrace
