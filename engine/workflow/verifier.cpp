#include "workflow/verifier.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/text.hpp"

namespace millrace {

namespace {

/// A sender whose way to sign is published.
struct KnownSender {
  std::string_view name;  ///< its word under `verify`; empty: known by its header alone
  KeyedHash keyed;
};

const std::array<KnownSender, 7>& known_senders() {
  static const std::array<KnownSender, 7> senders = {{
      {"github", {.header = "x-hub-signature-256"}},
      {"", {.hash = Hash::sha1, .header = "x-hub-signature"}},
      {"shopify", {.header = "x-shopify-hmac-sha256", .base64 = true}},
      {"slack",
       {.header = "x-slack-signature",
        .field = "v0",
        .time = "x-slack-request-timestamp",
        .signs = "v0:{timestamp}:{body}"}},
      {"stripe", {.header = "stripe-signature", .field = "v1", .time = "t", .signs = "{timestamp}.{body}"}},
      {"",
       {.header = "x-zm-signature", .field = "v0", .time = "x-zm-request-timestamp", .signs = "v0:{timestamp}:{body}"}},
      {"", {.header = "paddle-signature", .field = "h1", .time = "ts", .signs = "{timestamp}:{body}"}},
  }};
  return senders;
}

/// One secret, or a list of them.
std::vector<std::string> secrets_in(const Value* said) {
  std::vector<std::string> handles;
  if (said == nullptr) return handles;
  for (const Value& each : said->is_list() ? said->list() : Value::List{*said}) {
    if (each.is_text()) handles.push_back(each.text());
  }
  return handles;
}

Hash hash_named(const std::string& name) {
  return name == "sha1" ? Hash::sha1 : name == "sha512" ? Hash::sha512 : Hash::sha256;
}

KeyedHash read_keyed(const Value& hmac) {
  KeyedHash keyed;
  keyed.header = lower(hmac.text_or("header"));
  for (const KnownSender& sender : known_senders()) {
    if (sender.keyed.header == keyed.header) keyed = sender.keyed;
  }
  const std::string algorithm = hmac.text_or("algorithm"), encoding = hmac.text_or("encoding");
  if (!algorithm.empty()) keyed.hash = hash_named(algorithm);
  if (!encoding.empty()) keyed.base64 = encoding == "base64";
  keyed.field = lower(hmac.text_or("field", keyed.field));
  const std::string time = lower(hmac.text_or("timestamp"));
  if (!time.empty()) {
    keyed.time = time;
    if (keyed.signs == "{body}") keyed.signs = "{timestamp}.{body}";
  }
  keyed.signs = hmac.text_or("signs", keyed.signs);
  return keyed;
}

/// The settings of `verify:` as a mapping: one scheme and its secrets.
Result<Verifier> read_mapping(const Value& verify) {
  if (const Value* hmac = verify.find("hmac"))
    return Verifier{Verifier::Kind::hmac, secrets_in(hmac->find("secret")), read_keyed(*hmac)};
  if (const Value* header = verify.find("header")) {
    return Verifier{.kind = Verifier::Kind::header,
                    .secrets = secrets_in(header->find("secret")),
                    .header = lower(header->text_or("name"))};
  }
  for (const KnownSender& sender : known_senders()) {
    const Value* secret = sender.name.empty() ? nullptr : verify.find(sender.name);
    if (secret != nullptr) return Verifier{Verifier::Kind::hmac, secrets_in(secret), sender.keyed};
  }
  using Kind = Verifier::Kind;
  for (const auto& [name, kind] : {std::pair("standard_webhooks", Kind::standard_webhooks),
                                   std::pair("bearer", Kind::bearer), std::pair("secret_path", Kind::secret_path)}) {
    if (const Value* secret = verify.find(name)) return Verifier{kind, secrets_in(secret)};
  }
  return Error{.code = ErrorCode::invalid, .message = "verify names no scheme that is known"};
}

}  // namespace

std::optional<ChallengeHash> challenge_hash_of(const TriggerSpec& spec) {
  const Value* challenge = spec.settings.find("challenge");
  const Value* hmac = challenge == nullptr ? nullptr : challenge->find("hmac");
  if (hmac == nullptr) return std::nullopt;
  return ChallengeHash{hmac->text_or("secret"), hash_named(hmac->text_or("algorithm")),
                       hmac->text_or("encoding") == "base64"};
}

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

std::vector<std::string> secrets_of(const TriggerSpec& spec) {
  std::vector<std::string> handles;
  if (auto verifier = verifier_of(spec)) handles = std::move(verifier->secrets);
  if (const auto hash = challenge_hash_of(spec)) handles.push_back(hash->secret);
  return handles;
}

}  // namespace millrace
