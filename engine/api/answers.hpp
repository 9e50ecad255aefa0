#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/http_server.hpp"
#include "value/value.hpp"

namespace millrace {

OutgoingResponse json_answer(int status, const Value& body);
OutgoingResponse text_answer(int status, std::string_view type, std::string text);

int status_of(ErrorCode code);

/// {"error":{"code","message"}}; 429 and 503 say when to come back.
OutgoingResponse refusal(int status, std::string_view code, const std::string& message);
OutgoingResponse refusal(const Error& error);

/// {"done":true}, or why not.
OutgoingResponse done_or_refusal(const Status& status);

}  // namespace millrace
