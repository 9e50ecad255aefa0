#include "sandbox.hpp"

#include <chrono>

#include "base/text.hpp"
#include "value/json.hpp"

// Where the documents are silent, or leave a choice, the stand-in does this, in this order:
// - a path or verb that does not exist is 404, without asking for a token;
// - a token that is missing or not known is 401, and so is one without the scope, told apart by the message;
// - a header `Version` that is missing or another than 2021-07-28 is 422, as any parameter that the documents rule out;
// - a location that does not exist, or that the token does not open, is 403;
// - a body that is not JSON is 400; one that does not fit, or does not call itself JSON, is 422.

namespace millrace::sandbox {
namespace {

constexpr std::string_view api_version = "2021-07-28";
constexpr int let_through = 0;

bool says_json(const IncomingRequest& request) {
  const std::string* type = request.headers.find("Content-Type");
  return type && lower(trim(type->substr(0, type->find(';')))) == "application/json";
}

/// What stands behind the resource's name in the path: the location, by which requests are counted.
std::string counted_for(std::string_view path) {
  const std::vector<std::string> segments = split(path, '/');
  return segments.size() > 2 ? segments[2] : "";
}

}  // namespace

Sandbox::Sandbox(const Options& options, HttpClient& client)
    : client_(client),
      data_(seeded(first_seed)),
      dice_(first_seed + 1),
      tokens_(options.token),
      limits_(options.limit) {}

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
  if (fault->status) limits_.describe(counted_for(request.path), std::chrono::steady_clock::now(), response.headers);
  co_return response;
}

OutgoingResponse Sandbox::perform(const IncomingRequest& request) {
  if (request.path.starts_with("/sightmill/")) return as_response(perform_sightmill(data_, request));
  return perform_highlevel(request);
}

OutgoingResponse Sandbox::perform_highlevel(const IncomingRequest& request) {
  const auto now = std::chrono::steady_clock::now();
  const std::string location = counted_for(request.path);
  Answer answer = refusal(429, "Too Many Requests");
  if (limits_.take(location, now)) {
    Call call;
    const Operation* operation = find_operation(request.method, request.path, call);
    answer = operation ? let_in(request, *operation, call)
                       : refusal(404, "there is no " + request.method + " " + request.path);
    if (answer.status == let_through) answer = operation->perform(data_, dice_, call);
  }
  OutgoingResponse response = as_response(answer);
  limits_.describe(location, now, response.headers);
  return response;
}

/// A refusal, or `let_through` with the rest of `call` filled in.
Answer Sandbox::let_in(const IncomingRequest& request, const Operation& operation, Call& call) {
  const Token* token = tokens_.find(request.headers.find("Authorization"));
  if (!token) return refusal(401, "Invalid token: access token is invalid");
  const std::string* version = request.headers.find("Version");
  if (!version || *version != api_version) {
    return unprocessable({"Version: the header must be there and say " + std::string(api_version)});
  }
  if (!token->grants(operation.scope)) return refusal(401, "The token is not authorized for this scope.");
  if (!token->opens(call.location) || !data_.knows_location(call.location)) {
    return refusal(403, "The token does not have access to this location.");
  }
  call.query = decode_query(request.query);
  if (!operation.body) return {let_through, {}};
  if (!says_json(request)) return unprocessable({"the body must be JSON and say so in Content-Type"});
  Result<Value> body = parse_json(request.body);
  if (!body) return refusal(400, "the body is not JSON: " + body.error().message);
  call.body = std::move(*body);
  return {let_through, {}};
}

}  // namespace millrace::sandbox
