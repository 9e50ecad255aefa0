#include "answer.hpp"

#include "value/json.hpp"

namespace millrace::sandbox {

Answer refusal(int status, std::string message) {
  switch (status) {
    case 401:
      return {status, Value::object({{"statusCode", status}, {"message", message}, {"error", "Unauthorized"}})};
    case 404:
      return {status, Value::object({{"statusCode", status}, {"message", message}, {"error", "Not Found"}})};
    case 422:
      return unprocessable({std::move(message)});
    default:
      return {status, Value::object({{"statusCode", status}, {"message", message}})};
  }
}

Answer unprocessable(const std::vector<std::string>& messages) {
  Value::List list(messages.begin(), messages.end());
  return {422, Value::object({{"statusCode", 422}, {"message", std::move(list)}, {"error", "Unprocessable Entity"}})};
}

OutgoingResponse as_response(const Answer& answer) {
  OutgoingResponse response;
  response.status = answer.status;
  response.headers.add("Content-Type", "application/json; charset=utf-8");
  response.body = encode_json(answer.body);
  return response;
}

}  // namespace millrace::sandbox
