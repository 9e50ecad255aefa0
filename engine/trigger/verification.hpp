#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "http/http_server.hpp"
#include "secret/secrets.hpp"
#include "value/value.hpp"
#include "workflow/model.hpp"
#include "workflow/verifier.hpp"

namespace millrace {

/// What a verified delivery is called by its sender.
struct Verified {
  /// What the proof covers: webhook-id, webhookId (of HighLevel's deliveries without one: their hash); of a signed time
  /// the hash of what was signed, because whoever sends anew signs another time. Empty where the proof covers neither.
  /// The default of `dedupe`.
  std::string id = {};
};

/// Checks the raw bytes in constant time and fails closed: `denied` with the reason (no secret, ever), `unavailable`
/// where no secret of the verifier can be had. A secret is one key, whatever characters it has. For HighLevel the
/// environment variable MILLRACE_HIGHLEVEL_WEBHOOK_KEY (base64 or PEM, several during a rotation) goes before the key
/// that HighLevel publishes: for the sandbox, and for their next key. A delivery that is late but valid is accepted, as
/// long as its id is remembered (`check_time`): that keeps it from running twice. HighLevel signs when something
/// happened, not when it was sent, so where no id was ever forgotten (`all_ids_known`) that may be any time.
Result<Verified> verify(const Verifier& verifier, const IncomingRequest& request, Secrets& secrets, Timestamp now,
                        bool all_ids_known = false);

/// Whether the head of a request has what a signature takes beside the body: `denied` where it lacks any of it, as
/// `verify` would say of the whole. What `proved_by_head` says is for `verify` alone.
Status check_head(const Verifier& verifier, const IncomingRequest& head);

/// The key behind a handle. One that is blank is none: anybody could guess it.
Result<std::string> key_behind(const std::string& handle, Secrets& secrets);

/// What comes of the secrets of the trigger that cannot be had, and why: a sentence for each. Of several that are valid
/// at once, one is enough.
std::vector<std::string> missing_secrets(const TriggerSpec& trigger, Secrets& secrets);

/// The same of a workflow, as hints: there may be a secret where the service runs. A plugin's trigger of a workflow
/// that only goes through the motions is left to `doctor`: samples are written so, before there is any secret.
std::vector<Finding> missing_secrets(const Workflow& workflow, Secrets& secrets);

/// Whether the head of a request holds all that the proof takes, so that its body need not be read to refuse it.
constexpr bool proved_by_head(const Verifier& verifier) noexcept {
  using Kind = Verifier::Kind;
  return verifier.kind == Kind::bearer || verifier.kind == Kind::header || verifier.kind == Kind::secret_path;
}

}  // namespace millrace
