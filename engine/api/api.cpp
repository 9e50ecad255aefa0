#include "api/api.hpp"

#include <utility>

#include "api/answers.hpp"
#include "api/routes.hpp"
#include "base/text.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

constexpr std::size_t largest_body = 1u << 20;
constexpr Duration facts_interval = std::chrono::seconds(15);
constexpr std::string_view prefix = "/api/v1/";

OutgoingResponse not_allowed(const std::string& allowed) {
  OutgoingResponse response = refusal(405, "invalid", "this address takes " + allowed + " only");
  response.headers.add("Allow", allowed);
  return response;
}

bool reads(const std::string& method) { return method == "GET" || method == "HEAD"; }

/// Whether the segments fit the pattern; what stands at its stars goes into `places`.
bool fits(std::string_view pattern, const std::vector<std::string>& segments, std::vector<std::string>& places) {
  const std::vector<std::string> parts = split(pattern, '/');
  if (parts.size() != segments.size()) return false;
  places.clear();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i] == "*") {
      places.push_back(segments[i]);
    } else if (parts[i] != segments[i]) {
      return false;
    }
  }
  return true;
}

Result<std::vector<std::string>> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  for (const std::string& part : split(path, '/')) {
    auto decoded = percent_decode(part);
    if (!decoded || !valid_utf8(*decoded)) return Error{ErrorCode::invalid, "the address is malformed"};
    segments.push_back(std::move(*decoded));
  }
  return segments;
}

Result<Value> body_of(const IncomingRequest& request) {
  if (request.body.empty()) return Value(Map());
  auto body = parse_json(request.body);
  if (!body) return body.error().within("the body");
  if (!body->is_map()) return Error{ErrorCode::invalid, "the body has to be a JSON object"};
  return body;
}

std::string who_asks(const IncomingRequest& request) {
  const std::string* who = request.headers.find("X-Millrace-Who");
  constexpr std::size_t longest = 100;
  return who == nullptr || who->empty() || !valid_utf8(*who) ? "api" : who->substr(0, longest);
}

Task<OutgoingResponse> answer_api(std::shared_ptr<Api> api, IncomingRequest request) {
  bool token_missing = false;
  const auto allowed = api->access.check(request, token_missing);
  if (!allowed) {
    OutgoingResponse refused = refusal(token_missing ? 401 : 403, "denied", allowed.error().message);
    if (token_missing) refused.headers.add("WWW-Authenticate", "Bearer");
    co_return refused;
  }
  if (request.body.size() > largest_body) co_return refusal(413, "invalid", "the body is too large");
  const auto segments = segments_of(std::string_view(request.path).substr(prefix.size()));
  if (!segments) co_return refusal(segments.error());
  Asked asked;
  std::string methods;
  ApiRoute route = nullptr;
  for (const auto* entries : {&run_routes(), &workflow_routes()}) {
    for (const ApiRouteEntry& entry : *entries) {
      if (route != nullptr || !fits(entry.pattern, *segments, asked.places)) continue;
      if (entry.method == (request.method == "HEAD" ? "GET" : request.method)) route = entry.route;
      methods += (methods.empty() ? "" : ", ") + std::string(entry.method);
    }
  }
  if (route == nullptr && methods.empty()) co_return refusal(404, "not_found", "there is nothing at this address");
  if (route == nullptr) co_return not_allowed(methods);
  auto body = body_of(request);
  if (!body) co_return refusal(body.error());
  asked.body = std::move(*body);
  asked.query = decode_query(request.query);
  asked.who = who_asks(request);
  OutgoingResponse response = co_await route(std::move(api), std::move(asked));
  co_return response;
}

OutgoingResponse answer_ready(const Service& service) {
  const ServiceStatus status = service.status();
  if (status.ready && !status.draining) return json_answer(200, Value::object({{"ready", true}}));
  return refusal(503, "unavailable", status.not_ready_because.empty() ? "not ready" : status.not_ready_because);
}

Task<OutgoingResponse> answer_metrics(std::shared_ptr<Api> api) {
  Metrics& metrics = api->world.metrics;
  for (const ConnectionHealth& connection : api->world.border.health()) {
    for (const auto& [code, count] : connection.answers) {
      metrics.series("millrace_api_requests_total", {{"connection", connection.name}, {"code", code}})
          .set(static_cast<double>(count));
    }
    if (connection.budget_remaining)
      metrics.series("millrace_api_budget_remaining", {{"connection", connection.name}})
          .set(static_cast<double>(*connection.budget_remaining));
  }
  if (api->facts_due.reached()) {
    api->facts_due = Deadline::in(facts_interval);
    const auto facts = co_await api->world.store.facts();
    if (facts) metrics.series("millrace_storage_bytes").set(static_cast<double>(facts->bytes));
  }
  co_return text_answer(200, "text/plain; version=0.0.4; charset=utf-8", metrics.render());
}

/// Before the service is ready nobody listens anywhere, and a sender that is told so might not come back.
Task<OutgoingResponse> answer_hook(std::shared_ptr<Api> api, IncomingRequest request) {
  if (!api->was_ready) {
    api->was_ready = api->world.service.status().ready;
    if (!api->was_ready) co_return refusal(503, "unavailable", "the service is starting");
  }
  OutgoingResponse response = co_await api->world.service.hook(std::move(request));
  api->world.metrics.series("millrace_webhook_requests_total", {{"code", std::to_string(response.status)}}).add();
  co_return response;
}

Task<OutgoingResponse> answer(std::shared_ptr<Api> api, IncomingRequest request) {
  if (request.path.starts_with("/hooks/")) {
    if (request.method != "POST") co_return not_allowed("POST");
    OutgoingResponse response = co_await answer_hook(std::move(api), std::move(request));
    co_return response;
  }
  if (request.path.starts_with(prefix)) {
    OutgoingResponse response = co_await answer_api(std::move(api), std::move(request));
    co_return response;
  }
  if (request.path.starts_with("/approve/")) {
    if (!reads(request.method) && request.method != "POST") co_return not_allowed("GET, HEAD, POST");
    OutgoingResponse response = co_await answer_approval(std::move(api), std::move(request));
    co_return response;
  }
  const bool known = request.path == "/healthz" || request.path == "/readyz" || request.path == "/metrics";
  if (!known) co_return refusal(404, "not_found", "there is nothing at this address");
  if (!reads(request.method)) co_return not_allowed("GET, HEAD");
  if (request.path == "/healthz") co_return json_answer(200, Value::object({{"alive", true}}));
  if (request.path == "/readyz") co_return answer_ready(api->world.service);
  OutgoingResponse response = co_await answer_metrics(std::move(api));
  co_return response;
}

}  // namespace

std::string Asked::query_of(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return "";
}

HttpHandler routes_of(ApiWorld world) {
  const auto api = std::make_shared<Api>(world);
  return [api](IncomingRequest request) { return answer(api, std::move(request)); };
}

}  // namespace millrace
