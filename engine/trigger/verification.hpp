#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "http/http_server.hpp"
#include "secret/secrets.hpp"
#include "value/value.hpp"
#include "workflow/model.hpp"

namespace millrace {

/// How the senders of a webhook prove who they are.
struct Verifier {
  enum class Kind : std::uint8_t { open, highlevel, standard_webhooks, hmac, bearer, secret_path };
  Kind kind = Kind::open;
  std::string secret =
      {};  ///< "secret:name"; two keys during rotation: the secret's text holds both, separated by spaces
  std::string header = {};  ///< of hmac, lower case
  bool base64 = false;

  bool operator==(const Verifier&) const = default;
};

/// What `verify:` of a webhook or plugin trigger says. Nothing said: `open` is never assumed; HighLevel's own triggers
/// take its signature, everything else is `invalid`.
Result<Verifier> verifier_of(const TriggerSpec& spec);

/// What a verified delivery is called by its sender.
struct Verified {
  /// webhook-id, webhookId (of HighLevel's deliveries without one: their hash); empty where the scheme has none: the
  /// default of `dedupe`.
  std::string id = {};
};

/// Checks the raw bytes in constant time and fails closed: `denied` with the reason (no secret, ever), `unavailable`
/// where the secret cannot be had. For HighLevel the environment variable MILLRACE_HIGHLEVEL_WEBHOOK_KEY (base64 or
/// PEM, several during a rotation) goes before the key that HighLevel publishes: for the sandbox, and for their next
/// key. A delivery that is late but valid is accepted: its id keeps it from running twice. Standard Webhooks without an
/// id, and deliveries from the future by more than five minutes, are refused.
Result<Verified> verify(const Verifier& verifier, const IncomingRequest& request, Secrets& secrets, Timestamp now);

}  // namespace millrace
