#pragma once

#include <string>

#include "base/error.hpp"
#include "http/http_client.hpp"
#include "secret/secrets.hpp"
#include "value/value.hpp"

namespace millrace {

/// What a token endpoint means by an answer that gives no tokens (RFC 6749, 5.2): `unconnected`, what was agreed to
/// holds no more; `denied`, it does not take who asks, or how; `unavailable`, not now. `unconnected` ends a connection
/// for good, so it needs an answer that speaks of the grant: what a gateway says in the endpoint's place does not.
Error refusal_of(const IncomingResponse& response, const Secrets& secrets);

/// The same of the endpoint that gives a location's token for the company's: `unconnected`, the company's token holds
/// no more; `denied`, the application may not into that location; `unavailable`, not now.
Error refusal_of_location(const IncomingResponse& response, const std::string& location, const Secrets& secrets);

/// Whether an answer of success is a refusal all the same: some say what is wrong with the status 200.
bool refuses(const Value& answer);

}  // namespace millrace
