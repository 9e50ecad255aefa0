#include "sandbox.hpp"

#include <chrono>

#include "base/text.hpp"
#include "value/json.hpp"

// Where the documents are silent, or leave a choice, the stand-in does this, in this order:
// - a path or verb that does not exist is 404, without asking for a token;
// - a token that is missing, not known or expired is 401, and so is one without the scope, told apart by the message;
// - a header `Version` that is missing or another than the documents' is 422, as any parameter that they rule out;
// - a location that does not exist, or that the token does not open, is 403;
// - a body that is not JSON is 400; one that does not fit, or does not call itself JSON, is 422.
// Requests are counted by their location; where there is none, by the second part of the path.

namespace millrace::sandbox {
namespace {

constexpr std::size_t largest_body = 4u << 20;  // all but states, which come in by /_sandbox/reset

bool says(const IncomingRequest& request, std::string_view media_type) {
  const std::string* type = request.headers.find("Content-Type");
  return type && lower(trim(type->substr(0, type->find(';')))) == media_type;
}

Value form_value(std::string_view text) {
  Map map;
  for (auto& [name, value] : decode_query(text)) map.set(std::move(name), std::move(value));
  return map;
}

/// Reads the body into `body`, or gives the refusal.
std::optional<Answer> read_body(const IncomingRequest& request, BodyKind kind, Value& body) {
  if (request.body.size() > largest_body) return refusal(413, "the body is larger than 4 MiB");
  if (kind == BodyKind::none || (kind == BodyKind::optional_json && request.body.empty())) return std::nullopt;
  if (kind == BodyKind::form) {
    if (!says(request, "application/x-www-form-urlencoded")) {
      return unprocessable({"the body must be a form and say so in Content-Type"});
    }
    body = form_value(request.body);
    return std::nullopt;
  }
  if (kind == BodyKind::parts) {
    if (says(request, "multipart/form-data")) return std::nullopt;
    return unprocessable({"the body must be multipart/form-data and say so in Content-Type"});
  }
  if (!says(request, "application/json")) return unprocessable({"the body must be JSON and say so in Content-Type"});
  Result<Value> parsed = parse_json(request.body);
  if (!parsed) return refusal(400, "the body is not JSON: " + parsed.error().message);
  body = std::move(*parsed);
  return std::nullopt;
}

std::string location_of(LocationIn place, const Call& call, const Data& data) {
  switch (place) {
    case LocationIn::path:
      return call.location;
    case LocationIn::query:
      return call.asked("locationId").value_or("");
    case LocationIn::body:
      return call.body.text_or("locationId");
    case LocationIn::contact: {
      const Contact* contact = data.contacts.find(call.contact.empty() ? call.thing : call.contact);
      return contact ? contact->location_id : "";
    }
    case LocationIn::nowhere:
      return "";
  }
  return "";
}

std::string second_part(std::string_view path) {
  const std::vector<std::string> segments = split(path, '/');
  return segments.size() > 2 ? segments[2] : "";
}

}  // namespace

Sandbox::Sandbox(const Options& options, HttpClient& client)
    : client_(client),
      world_{.data = seeded(first_seed), .dice = Dice(first_seed + 1), .tokens = Tokens(options.token)},
      limits_(options.allowance) {}

Task<OutgoingResponse> Sandbox::answer(IncomingRequest request) {
  if (request.path.starts_with("/_sandbox/")) {
    OutgoingResponse response = co_await answer_control(std::move(request));
    co_return response;
  }
  OutgoingResponse response = co_await answer_outside(std::move(request));
  co_return response;
}

void Sandbox::close() {
  closed_ = true;
  closing_.announce();
}

Task<OutgoingResponse> Sandbox::answer_outside(IncomingRequest request) {
  const std::shared_ptr<LoggedRequest> logged = log_.add(request);
  const std::optional<Fault> fault = faults_.take(request.method, request.path);
  if (!fault) {
    OutgoingResponse response = perform(request);
    logged->status = response.status;
    co_return response;
  }

  if (fault->delay > Duration::zero()) {
    const Deadline end = Deadline::in(fault->delay);
    while (!closed_ && !end.reached()) co_await closing_.wait(end);
  }

  OutgoingResponse response;
  if (fault->drop == Fault::Drop::before || closed_) {
    response.drop = true;
    co_return response;
  }
  response = fault->status ? answer_of(*fault) : perform(request);
  if (fault->drop == Fault::Drop::after) {
    response.drop = true;
    co_return response;
  }
  logged->status = response.status;
  if (fault->truncate) {
    response.truncate_body_to =
        *fault->truncate < 0 ? response.body.size() / 2 : static_cast<std::size_t>(*fault->truncate);
  }
  if (fault->status) limits_.describe(read(request).counted_for, std::chrono::steady_clock::now(), response.headers);
  co_return response;
}

OutgoingResponse Sandbox::perform(const IncomingRequest& request) {
  if (request.path.starts_with("/sightmill/")) return as_response(perform_sightmill(world_.data, request));
  if (is_authorize_page(request)) return show_authorize_page(world_, request);
  return perform_highlevel(request);
}

OutgoingResponse Sandbox::perform_highlevel(const IncomingRequest& request) {
  const auto now = std::chrono::steady_clock::now();
  const Asked asked = read(request);
  Answer answer = refusal(429, "Too Many Requests");
  if (limits_.take(asked.counted_for, now)) {
    std::optional<Answer> no = refused(request, asked);
    answer = no ? std::move(*no) : asked.operation->perform(world_, asked.call);
  }
  OutgoingResponse response = as_response(answer);
  limits_.describe(asked.counted_for, now, response.headers);
  return response;
}

Asked Sandbox::read(const IncomingRequest& request) const {
  Asked asked;
  const std::string* version = request.headers.find("Version");
  asked.operation = find_operation(request.method, request.path, version ? *version : "", asked.call);
  if (asked.operation) {
    asked.call.query = decode_query(request.query);
    asked.call.token = world_.tokens.find(request.headers.find("Authorization"), world_.data.time());
    asked.wrong_body = read_body(request, asked.operation->body, asked.call.body);
    asked.call.location = location_of(asked.operation->location, asked.call, world_.data);
  }
  asked.counted_for = asked.call.location.empty() ? second_part(request.path) : asked.call.location;
  return asked;
}

std::optional<Answer> Sandbox::refused(const IncomingRequest& request, const Asked& asked) const {
  if (!asked.operation) return refusal(404, "there is no " + request.method + " " + request.path);
  const Operation& operation = *asked.operation;
  if (operation.scope.empty() && operation.version == no_version) return asked.wrong_body;
  const Token* token = asked.call.token;
  if (!token) return refusal(401, "Invalid token: access token is invalid");
  const std::string* version = request.headers.find("Version");
  if (operation.version != no_version && (!version || *version != operation.version)) {
    return unprocessable({"Version: the header must be there and say " + std::string(operation.version)});
  }
  if (!operation.scope.empty() && !token->grants(operation.scope))
    return refusal(401, "The token is not authorized for this scope.");
  const std::string& location = asked.call.location;
  const bool exchanged =
      !token->of_company || !world_.tokens.rules.company_exchanges || operation.scope == "oauth.write";
  if (!location.empty() && (!token->opens(location) || !exchanged || !world_.data.knows_location(location))) {
    return refusal(403, "The token does not have access to this location.");
  }
  return asked.wrong_body;
}

}  // namespace millrace::sandbox
