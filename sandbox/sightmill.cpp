#include "base/text.hpp"
#include "http/http_message.hpp"
#include "sandbox.hpp"
#include "value/json.hpp"

// SightMill publishes neither the keys nor the answers of its inbound URL, so the stand-in takes any JSON object that
// is not empty, keeps it as it came, and answers 200. One URL takes surveys by e-mail, surveys by text message and
// contacts.

namespace millrace::sandbox {

Answer perform_sightmill(Data& data, const IncomingRequest& request) {
  const std::vector<std::string> segments = split(request.path, '/');
  const std::string project = segments.size() == 3 ? percent_decode(segments[2]).value_or("") : "";
  if (project.empty() || request.method != "POST") {
    return refusal(404, "there is no " + request.method + " " + request.path);
  }
  Result<Value> body = parse_json(request.body);
  if (!body) return refusal(400, "the body is not JSON: " + body.error().message);
  if (!body->is_map() || body->map().empty()) return refusal(400, "the body must be an object that names a person");
  data.survey_requests.push_back({.project = project, .body = std::move(*body)});
  return {200, Value::object({{"success", true}})};
}

}  // namespace millrace::sandbox
