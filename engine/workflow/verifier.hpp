#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "crypto/digest.hpp"
#include "workflow/model.hpp"

namespace millrace {

/// How a sender keys a hash over what it sends, and where the hash stands.
struct KeyedHash {
  Hash hash = Hash::sha256;
  std::string header = {};  ///< that holds the signature, in small letters
  bool base64 = false;      ///< else hexadecimal
  /// The field of the header that holds it: "v1" of "t=...,v1=...". Empty: the header is the signature, perhaps behind
  /// the name of its hash ("sha256=").
  std::string field = {};
  /// Where the time stands: a field of the header, else a header. Empty: the time is not signed.
  std::string time = {};
  std::string signs = "{body}";  ///< "v0:{timestamp}:{body}"

  bool operator==(const KeyedHash&) const = default;
};

/// How the senders of a webhook prove who they are.
struct Verifier {
  enum class Kind : std::uint8_t {
    open,               ///< not at all
    highlevel,          ///< Ed25519 over the body, by a key that is the same for everybody
    standard_webhooks,  ///< id, time and body are signed: standardwebhooks.com
    hmac,               ///< a keyed hash, as `keyed` says
    bearer,             ///< Authorization: Bearer
    header,             ///< a header of the sender's own that holds the secret itself
    secret_path,        ///< the last segment of the address
  };
  Kind kind = Kind::open;
  std::vector<std::string> secrets = {};  ///< "secret:name" each; any of them is valid, while one replaces the other
  KeyedHash keyed = {};                   ///< of `hmac`
  std::string header = {};                ///< of `header`: its name, in small letters

  bool operator==(const Verifier&) const = default;
};

/// A keyed hash in the answer to a sender that checks the address.
struct ChallengeHash {
  std::string secret;  ///< "secret:name"
  Hash hash = Hash::sha256;
  bool base64 = false;  ///< else hexadecimal
};

/// What `challenge: {hmac: ...}` of a webhook says; nothing where its challenge takes no hash.
std::optional<ChallengeHash> challenge_hash_of(const TriggerSpec& spec);

/// The secrets that the trigger reads, as "secret:name": to prove its senders, and to answer them.
std::vector<std::string> secrets_of(const TriggerSpec& spec);

/// What `verify:` of a webhook or plugin trigger says. Nothing said: `open` is never assumed; HighLevel's own triggers
/// take its signature, everything else is `invalid`. Senders that are known by name (slack, stripe, github, shopify),
/// or by the header of their signature, bring how they sign; what the file says goes before it.
Result<Verifier> verifier_of(const TriggerSpec& spec);

}  // namespace millrace
