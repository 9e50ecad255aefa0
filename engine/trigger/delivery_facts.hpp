#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/http_server.hpp"
#include "value/value.hpp"
#include "workflow/verifier.hpp"

namespace millrace {

/// How a delivery came, as expressions see it under `delivery`: {"headers", "query", "method", "path"}. Names of
/// headers are in small letters; a header that comes several times is one text, joined by ", ", a name of the query
/// that does has a list. Nothing that proves who sends is among them: not what the verifier reads, nothing whose name
/// says that it is a token or a signature. `path` is that of the hook, without the secret that may follow it. It is as
/// it was sent: before it is kept, secrets that are known here are taken out.
Value delivery_facts(const IncomingRequest& request, const std::string& hook_path, const Verifier& verifier);

/// The same for the answer to a sender that checks the address: nothing of it is kept, so the query is whole.
Value challenge_facts(const IncomingRequest& request, const std::string& hook_path, const Verifier& verifier);

/// The same as somebody says it for a run by hand ({"headers", "query", "method", "path"}, each may be left out), in
/// the form that a delivery at `hook_path` would give it. The error names what is none of these.
Result<Value> told_facts(const Value& said, const std::string& hook_path);

/// Whether a name, of a header, in a query or in data, says that it proves who sends: "X-Hub-Signature", "accesstoken",
/// "api_keys", whatever its capitals and what separates its words.
bool names_a_proof(std::string_view name);

}  // namespace millrace
