#include "trigger/verification.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "crypto/compare.hpp"
#include "crypto/digest.hpp"
#include "crypto/signature.hpp"
#include "trigger/signed_text.hpp"
#include "value/json.hpp"
#include "yaml/rules.hpp"

namespace millrace {

namespace {

/// What HighLevel publishes for X-GHL-Signature, the same for every account.
constexpr const char* highlevel_key = "MCowBQYDK2VwAyEAi2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg=";
constexpr const char* highlevel_key_variable = "MILLRACE_HIGHLEVEL_WEBHOOK_KEY";
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

/// The secrets that can be had: while one replaces the other, the first may be gone and the second not there yet.
Result<std::vector<std::string>> keys_of(const Verifier& verifier, Secrets& secrets) {
  std::vector<std::string> keys;
  std::string missing;
  for (const std::string& handle : verifier.secrets) {
    auto key = key_behind(handle, secrets);
    if (!key && missing.empty()) missing = key.error().message;
    if (key) keys.push_back(std::move(*key));
  }
  if (keys.empty()) return Error{.code = ErrorCode::unavailable, .message = missing};
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

Result<std::string> highlevel_signature(const IncomingRequest& head) {
  const std::string* header = head.headers.find("x-ghl-signature");
  if (header != nullptr && !trim(*header).empty() && trim(*header) != "N/A") return std::string(trim(*header));
  const bool legacy = head.headers.find("x-wh-signature") != nullptr;
  return denied(legacy ? "only the legacy RSA signature (X-WH-Signature) is there, which HighLevel ended in "
                         "September 2026: X-GHL-Signature is needed"
                       : "the header X-GHL-Signature is missing");
}

Result<Verified> verify_highlevel(const IncomingRequest& request, Timestamp now, bool all_ids_known) {
  const std::string header = TRY(highlevel_signature(request));
  const char* named = std::getenv(highlevel_key_variable);
  const bool replaced = named != nullptr && *named != '\0';
  const std::vector<std::string> keys = ed25519_keys(replaced ? named : highlevel_key);
  if (keys.empty()) {
    return Error{.code = ErrorCode::unavailable,
                 .message = std::string(highlevel_key_variable) + " holds no Ed25519 public key"};
  }
  const auto signature = decode_base64(header);
  bool matches = false;
  for (const std::string& key : keys) matches = matches || ed25519_signed(key, request.body, signature.value_or(""));
  if (!matches) return denied("X-GHL-Signature does not match the body");
  const auto body = parse_json(request.body, from_outside);
  // When it happened is signed with the rest. It may be long ago, and a clock of theirs that is ahead harms nobody; but
  // where ids have been forgotten since, nobody could tell whether it had come before.
  const auto happened = body ? sent_at(body->text_or("timestamp")) : std::nullopt;
  if (happened && !all_ids_known) TRY(check_time("its timestamp", std::min(*happened, now), now));
  std::string id = body ? body->text_or("webhookId") : "";
  // Some deliveries have none. Every retry repeats the same bytes, so their hash tells them from one another.
  if (id.empty()) id = "sha256:" + hex(sha256(request.body));
  return Verified{std::move(id)};
}

/// A key of a Standard Webhook, ready to be compared with signatures.
struct StandardKey {
  std::string made;                      // of a secret: the signature as it has to be
  std::vector<std::string> public_keys;  // of "whpk_"
};

StandardKey standard_key(std::string_view key, std::string_view content) {
  if (key.starts_with("whpk_")) return {"", ed25519_keys(std::string(key.substr(5)))};
  const auto secret = decode_base64(key.starts_with("whsec_") ? key.substr(6) : key);
  return {secret && !secret->empty() ? hmac_sha256(*secret, content) : "", {}};
}

/// One of the header's signatures ("v1,<base64>" or "v1a,<base64>") against one key.
bool standard_match(std::string_view signature, const StandardKey& key, std::string_view content) {
  const std::size_t comma = signature.find(',');
  if (comma == std::string_view::npos) return false;
  const auto bytes = decode_base64(signature.substr(comma + 1));
  if (!bytes) return false;
  const std::string_view version = signature.substr(0, comma);
  if (version == "v1") return !key.made.empty() && same_bytes(key.made, *bytes);
  bool matches = false;
  for (const std::string& each : key.public_keys)
    matches = matches || (version == "v1a" && ed25519_signed(each, content, *bytes));
  return matches;
}

/// A header of Standard Webhooks; Svix sends them under its own name.
const std::string* standard_header(const IncomingRequest& request, const std::string& name) {
  const std::string* found = request.headers.find("webhook-" + name);
  return found != nullptr ? found : request.headers.find("svix-" + name);
}

struct StandardHead {
  std::string id, time, signatures;
  Timestamp sent = {};
};

Result<StandardHead> standard_head(const IncomingRequest& head) {
  const std::string* id = standard_header(head, "id");
  const std::string* time = standard_header(head, "timestamp");
  const std::string* signatures = standard_header(head, "signature");
  if (id == nullptr || id->empty()) return denied("the header webhook-id is missing");
  if (time == nullptr) return denied("the header webhook-timestamp is missing");
  if (signatures == nullptr) return denied("the header webhook-signature is missing");
  const auto sent = sent_at(*time);
  if (!sent) return denied("webhook-timestamp is not a number of seconds");
  return StandardHead{*id, *time, *signatures, *sent};
}

Result<Verified> verify_standard(const Verifier& verifier, const IncomingRequest& request, Secrets& secrets,
                                 Timestamp now) {
  const StandardHead head = TRY(standard_head(request));
  const std::string content = head.id + "." + head.time + "." + request.body;
  std::vector<StandardKey> keys;
  for (const std::string& key : TRY(keys_of(verifier, secrets))) keys.push_back(standard_key(key, content));
  std::vector<std::string> given = words(head.signatures);
  if (given.size() > most_signatures) given.resize(most_signatures);
  bool matches = false;
  for (const std::string& signature : given) {
    for (const StandardKey& key : keys) matches = standard_match(signature, key, content) || matches;
  }
  if (!matches) return denied("webhook-signature does not match the delivery");
  TRY(check_time("webhook-timestamp", head.sent, now));
  return Verified{head.id};
}

/// The time that the delivery is signed with: in the header of the signature, else in one of its own.
Result<std::string> signed_time(const KeyedHash& keyed, const SignedHeader& header, const IncomingRequest& request) {
  if (keyed.time.empty()) return std::string();
  if (header.time) return std::string(*header.time);
  const std::string* own = request.headers.find(keyed.time);
  if (own == nullptr || trim(*own).empty()) return denied("the time that is signed (" + keyed.time + ") is missing");
  return std::string(trim(*own));
}

struct SignedHead {
  SignedHeader given;
  std::string time;
};

Result<SignedHead> signed_head(const KeyedHash& keyed, const IncomingRequest& head) {
  const std::string* header = head.headers.find(keyed.header);
  if (header == nullptr || trim(*header).empty()) return denied("the header " + keyed.header + " is missing");
  SignedHeader given = read_signed_header(keyed, *header);
  std::string time = TRY(signed_time(keyed, given, head));
  return SignedHead{std::move(given), std::move(time)};
}

Result<Verified> verify_hmac(const Verifier& verifier, const IncomingRequest& request, Secrets& secrets,
                             Timestamp now) {
  const KeyedHash& keyed = verifier.keyed;
  const auto [given, time] = TRY(signed_head(keyed, request));
  const std::string content = signed_text(keyed, time, request.body);
  bool matches = false;
  for (const std::string& key : TRY(keys_of(verifier, secrets))) {
    const std::string made = hmac(keyed.hash, key, content);
    for (const std::string& signature : given.signatures)
      matches = same_bytes(made, decode_signature(keyed, signature).value_or("")) || matches;
  }
  if (!matches) return denied("the signature in " + keyed.header + " does not match the body");
  if (keyed.time.empty()) return Verified{};
  const auto sent = sent_at(time);
  if (!sent) return denied("the time that is signed (" + keyed.time + ") is none");
  TRY(check_time("the time that is signed (" + keyed.time + ")", *sent, now));
  return Verified{"sha256:" + hex(sha256(content))};
}

/// `in_header`: HTTP takes the blanks off that stand around it.
Result<Verified> verify_text(const std::string& given, const Verifier& verifier, Secrets& secrets,
                             const std::string& refusal, bool in_header) {
  const std::vector<std::string> keys = TRY(keys_of(verifier, secrets));
  bool matches = false;
  for (const std::string& key : keys) matches = same_secret(given, in_header ? std::string(trim(key)) : key) || matches;
  if (!matches) return denied(refusal);
  return Verified{};
}

Result<Verified> verify_bearer(const Verifier& verifier, const IncomingRequest& request, Secrets& secrets) {
  const std::string* header = request.headers.find("authorization");
  if (header == nullptr || lower(header->substr(0, 7)) != "bearer ")
    return denied("the header Authorization: Bearer is missing");
  return verify_text(std::string(trim(header->substr(7))), verifier, secrets, "the bearer token is not the right one",
                     true);
}

Result<Verified> verify_header(const Verifier& verifier, const IncomingRequest& request, Secrets& secrets) {
  const std::string* header = request.headers.find(verifier.header);
  if (header == nullptr) return denied("the header " + verifier.header + " is missing");
  return verify_text(std::string(trim(*header)), verifier, secrets,
                     "the secret in " + verifier.header + " is not the right one", true);
}

Result<Verified> verify_path(const Verifier& verifier, const IncomingRequest& request, Secrets& secrets) {
  const std::size_t slash = request.path.rfind('/');
  const std::string_view last =
      slash == std::string::npos ? std::string_view() : std::string_view(request.path).substr(slash + 1);
  const auto given = percent_decode(last);
  return verify_text(given.value_or(""), verifier, secrets, "the secret part of the address is not the right one",
                     false);
}

}  // namespace

Result<Verified> verify(const Verifier& verifier, const IncomingRequest& request, Secrets& secrets, Timestamp now,
                        bool all_ids_known) {
  switch (verifier.kind) {
    case Verifier::Kind::open:
      return Verified{};
    case Verifier::Kind::highlevel:
      return verify_highlevel(request, now, all_ids_known);
    case Verifier::Kind::standard_webhooks:
      return verify_standard(verifier, request, secrets, now);
    case Verifier::Kind::hmac:
      return verify_hmac(verifier, request, secrets, now);
    case Verifier::Kind::bearer:
      return verify_bearer(verifier, request, secrets);
    case Verifier::Kind::header:
      return verify_header(verifier, request, secrets);
    case Verifier::Kind::secret_path:
      return verify_path(verifier, request, secrets);
  }
  return denied("the delivery is not verified");
}

Result<std::string> key_behind(const std::string& handle, Secrets& secrets) {
  const Secret secret = TRY(secrets.find(handle));
  if (!trim(secret.reveal()).empty()) return secret.reveal();
  const std::string name = handle.substr(handle.find(':') + 1);
  return Error{.code = ErrorCode::unavailable,
               .message = handle + " is empty, and nobody proves anything with a blank: \"millrace secret set " + name +
                          "\" gives it a value"};
}

Status check_head(const Verifier& verifier, const IncomingRequest& head) {
  switch (verifier.kind) {
    case Verifier::Kind::highlevel:
      TRY(highlevel_signature(head));
      return Done{};
    case Verifier::Kind::standard_webhooks:
      TRY(standard_head(head));
      return Done{};
    case Verifier::Kind::hmac:
      TRY(signed_head(verifier.keyed, head));
      return Done{};
    case Verifier::Kind::open:
    case Verifier::Kind::bearer:
    case Verifier::Kind::header:
    case Verifier::Kind::secret_path:
      return Done{};
  }
  return Done{};
}

std::vector<std::string> missing_secrets(const TriggerSpec& trigger, Secrets& secrets) {
  std::vector<std::string> missing;
  std::size_t there = 0;
  const auto verifier = verifier_of(trigger);
  for (const std::string& handle : verifier ? verifier->secrets : std::vector<std::string>()) {
    const auto key = key_behind(handle, secrets);
    if (key) ++there;
    if (!key) missing.push_back(key.error().message);
  }
  const char* comes_of_it = there == 0 ? "nobody can be proved here: " : "nobody can be proved by one of the secrets: ";
  for (std::string& each : missing) each.insert(0, comes_of_it);
  if (const auto hash = challenge_hash_of(trigger)) {
    const auto key = key_behind(hash->secret, secrets);
    if (!key) missing.push_back("no check of the address is answered: " + key.error().message);
  }
  return missing;
}

std::vector<Finding> missing_secrets(const Workflow& workflow, Secrets& secrets) {
  std::vector<Finding> missing;
  for (const TriggerSpec& trigger : workflow.triggers) {
    if (trigger.kind == "plugin" && workflow.mode == "dry_run") continue;
    for (const std::string& problem : missing_secrets(trigger, secrets)) {
      const auto said = trigger.places.find("verify");
      missing.push_back(finding(Rule::missing_secret, said == trigger.places.end() ? trigger.at : said->second,
                                "as it is, " + problem));
      missing.back().severity = Severity::hint;
    }
  }
  return missing;
}

}  // namespace millrace
