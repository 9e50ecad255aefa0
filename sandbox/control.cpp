#include <memory>

#include "checking.hpp"
#include "sandbox.hpp"
#include "value/json.hpp"
#include "webhook.hpp"

namespace millrace::sandbox {
namespace {

constexpr std::string_view reset_schema = R"({
  "type": "object", "additionalProperties": false,
  "properties": {"seed": {"type": "integer", "minimum": 0}, "state": {"type": "object"}}
})";

constexpr std::string_view clock_schema = R"({
  "type": "object", "additionalProperties": false, "required": ["now"],
  "properties": {"now": {"type": ["string", "null"]}}
})";

constexpr std::string_view token_rules_schema = R"({
  "type": "object", "additionalProperties": false,
  "properties": {
    "lifetime_seconds": {"type": "integer", "minimum": 1},
    "reuse_revokes": {"type": "boolean"}, "issued_codes_only": {"type": "boolean"},
    "company_exchanges": {"type": "boolean"}}
})";

constexpr std::string_view emit_schema = R"({
  "type": "object", "additionalProperties": false, "required": ["url", "payload"],
  "properties": {
    "url": {"type": "string", "pattern": "^https?://"},
    "kind": {"type": "string"},
    "payload": {},
    "key": {"type": "string"}
  }
})";

/// Kinds that speak of SightMill or its surveys are SightMill's deliveries, which carry no signature; all others are
/// HighLevel's.
bool signed_kind(std::string_view kind) {
  return kind.find("sightmill") == std::string_view::npos && kind.find("survey") == std::string_view::npos &&
         kind.find("response") == std::string_view::npos && kind != "tags.changed";
}

Value done() { return Value::object({{"ok", true}}); }

}  // namespace

Task<OutgoingResponse> Sandbox::answer_control(IncomingRequest request) {
  const std::string what = request.method + " " + request.path;
  if (what == "GET /_sandbox/requests") co_return as_response({200, log_.as_value()});
  if (what == "GET /_sandbox/state") co_return as_response({200, as_value(world_.data)});
  if (request.method != "POST") co_return as_response(refusal(404, "there is no " + what));

  Result<Value> body = request.body.empty() ? Result<Value>(Value(Map())) : parse_json(request.body);
  if (!body) co_return as_response(refusal(400, "the body is not JSON: " + body.error().message));
  if (what == "POST /_sandbox/reset") co_return as_response(reset(*body));
  if (what == "POST /_sandbox/clock") co_return as_response(set_clock(*body));
  if (what == "POST /_sandbox/faults") co_return as_response(add_faults(*body));
  if (what == "POST /_sandbox/tokens") co_return as_response(set_token_rules(*body));
  if (what == "POST /_sandbox/emit") {
    Value asked = std::move(*body);
    const Answer answer = co_await emit(std::move(asked));
    co_return as_response(answer);
  }
  co_return as_response(refusal(404, "there is no " + what));
}

/// Puts the data back, and forgets requests, faults, issued tokens and what the limits counted.
Answer Sandbox::reset(const Value& body) {
  static const std::shared_ptr<const Schema> schema = schema_of(reset_schema);
  const std::vector<std::string> problems = problems_of(*schema, body);
  if (!problems.empty()) return refusal(400, listed(problems));

  std::uint64_t seed = first_seed;
  if (const Value* asked = body.find("seed")) seed = static_cast<std::uint64_t>(whole_number(*asked));
  Data data = seeded(seed);
  if (const Value* state = body.find("state")) {
    Result<Data> read = read_data(*state);
    if (!read) return refusal(400, "state: " + read.error().message);
    data = std::move(*read);
  }
  world_.data = std::move(data);
  world_.dice = Dice(seed + 1);
  world_.tokens.reset();
  log_.reset();
  faults_.reset();
  limits_.reset();
  return {200, done()};
}

/// Stops the world's clock at a time, or lets it go again; nothing else changes.
Answer Sandbox::set_clock(const Value& body) {
  static const std::shared_ptr<const Schema> schema = schema_of(clock_schema);
  const std::vector<std::string> problems = problems_of(*schema, body);
  if (!problems.empty()) return refusal(400, listed(problems));
  const Result<std::optional<Timestamp>> now = read_now(*body.find("now"));
  if (!now) return refusal(400, "now: " + now.error().message);
  world_.data.now = *now;
  return {200, done()};
}

/// How tokens are dealt with from now on, until the next reset; tells how many refresh tokens came.
Answer Sandbox::set_token_rules(const Value& body) {
  static const std::shared_ptr<const Schema> schema = schema_of(token_rules_schema);
  const std::vector<std::string> problems = problems_of(*schema, body);
  if (!problems.empty()) return refusal(400, listed(problems));
  Tokens& tokens = world_.tokens;
  if (const Value* seconds = body.find("lifetime_seconds")) tokens.rules.lifetime_seconds = whole_number(*seconds);
  for (const auto& [name, rule] : {std::pair("reuse_revokes", &tokens.rules.reuse_revokes),
                                   std::pair("issued_codes_only", &tokens.rules.issued_codes_only),
                                   std::pair("company_exchanges", &tokens.rules.company_exchanges)}) {
    if (const Value* said = body.find(name)) *rule = said->is_true();
  }
  return {200, Value::object({{"refreshed", tokens.refreshed}, {"refused", tokens.refused}})};
}

Answer Sandbox::add_faults(const Value& body) {
  Result<std::vector<Fault>> faults = read_faults(body);
  if (!faults) return refusal(400, faults.error().message);
  faults_.add(std::move(*faults));
  return {200, Value::object({{"waiting", static_cast<std::int64_t>(faults_.waiting())}})};
}

/// Sends a delivery as the sender of its kind does, and tells what the receiver answered.
Task<Answer> Sandbox::emit(Value body) {
  static const std::shared_ptr<const Schema> schema = schema_of(emit_schema);
  const std::vector<std::string> problems = problems_of(*schema, body);
  if (!problems.empty()) co_return refusal(400, listed(problems));

  OutgoingRequest request;
  request.method = "POST";
  request.url = body.text_or("url");
  request.body = encode_json(*body.find("payload"));
  request.headers.add("Content-Type", "application/json");
  request.deadline = Deadline::in(std::chrono::seconds(30));
  request.private_addresses = true;

  Value public_key;
  if (signed_kind(body.text_or("kind", "highlevel"))) {
    Result<Signature> signature = sign(request.body, body.text_or("key"));
    if (!signature) co_return refusal(400, signature.error().message);
    request.headers.add("X-GHL-Signature", signature->base64);
    public_key = signature->public_pem;
  }
  const Result<IncomingResponse> response = co_await client_.send(std::move(request));
  if (!response) co_return refusal(502, response.error().message);

  Answer answer{200,
                Value::object({{"status", response->status}, {"body", response->body}, {"public_key", public_key}})};
  co_return answer;
}

}  // namespace millrace::sandbox
