#include "http/answers.hpp"

#include <utility>

#include "value/json.hpp"

namespace millrace {

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid:
      return 400;
    case ErrorCode::denied:
      return 403;
    case ErrorCode::not_found:
      return 404;
    case ErrorCode::conflict:
      return 409;
    case ErrorCode::limited:
      return 429;
    case ErrorCode::cancelled:
    case ErrorCode::timeout:
    case ErrorCode::unavailable:
      return 503;
    case ErrorCode::unsure:
    case ErrorCode::internal:
    case ErrorCode::unconnected:
      return 500;
  }
  return 500;
}

OutgoingResponse text_answer(int status, std::string_view type, std::string text) {
  OutgoingResponse response;
  response.status = status;
  response.headers.add("Content-Type", std::string(type));
  response.body = std::move(text);
  return response;
}

OutgoingResponse json_answer(int status, const Value& body) {
  return text_answer(status, "application/json", encode_json(body));
}

OutgoingResponse refusal(int status, std::string_view code, const std::string& message) {
  OutgoingResponse response =
      json_answer(status, Value::object({{"error", Value::object({{"code", code}, {"message", message}})}}));
  if (status == 429 || status == 503) response.headers.add("Retry-After", status == 429 ? "1" : "5");
  return response;
}

OutgoingResponse refusal(const Error& error) {
  return refusal(status_of(error.code), name_of(error.code), error.message);
}

OutgoingResponse done_or_refusal(const Status& status) {
  return status ? json_answer(200, Value::object({{"done", true}})) : refusal(status.error());
}

}  // namespace millrace
