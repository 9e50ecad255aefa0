#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/http_server.hpp"
#include "value/value.hpp"

namespace millrace {

// What handlers answer. Nothing here says what every answer of a server says beside it (security headers and the like):
// that is added once, around the handlers.

OutgoingResponse text_answer(int status, std::string_view type, std::string text);

/// `body` as compact JSON, without an end of line.
OutgoingResponse json_answer(int status, const Value& body);

/// The status for programs of ours that ask for something and learn why not.
int status_of(ErrorCode code);

/// {"error":{"code","message"}}; 429 and 503 say when to come back.
OutgoingResponse refusal(int status, std::string_view code, const std::string& message);
OutgoingResponse refusal(const Error& error);

/// {"done":true}, or why not.
OutgoingResponse done_or_refusal(const Status& status);

}  // namespace millrace
