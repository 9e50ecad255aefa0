#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "courier/shipment.hpp"
#include "http/http_client.hpp"
#include "secret/secrets.hpp"

namespace millrace {

/// An answer that is no success, in one sentence with its cure; `why` is the reason given. Redact it before it is
/// shown: what the far side said is free of secrets, what was sent to it may not be.
Error complaint(const Shipment& shipment, const IncomingResponse& response, const std::string& why);

/// Whether its body comes packed in a way that is not undone here.
bool still_packed(const IncomingResponse& response);

/// What the far side says of its refusal: "(422: name must be a string; name should not be empty)".
std::string reason_given(const IncomingResponse& response, const Secrets& secrets);

/// The first sixty bytes of what was answered, in quotes, for messages. `text` has been redacted before.
std::string shown_start(std::string_view text);

/// Whether the far side does not know the token at all, by the reason given; one that only may not do this is taken.
bool refuses_token(int status, const std::string& why);

}  // namespace millrace
