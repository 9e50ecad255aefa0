#pragma once

#include <string>
#include <utility>
#include <vector>

#include "http/http_server.hpp"
#include "value/value.hpp"

namespace millrace::sandbox {

/// What an operation answers, before it becomes bytes.
struct Answer {
  int status = 200;
  Value body;
};

/// The published shape of a refusal: 401, 404 and 422 also name the error, and the message of 422 is a list.
Answer refusal(int status, std::string message);
Answer unprocessable(const std::vector<std::string>& messages);

OutgoingResponse as_response(const Answer& answer);

}  // namespace millrace::sandbox
