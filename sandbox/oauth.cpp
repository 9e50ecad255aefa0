#include <memory>
#include <set>

#include "base/text.hpp"
#include "checking.hpp"
#include "operation.hpp"

// Where the documents are silent, the stand-in does this:
// - any client id and secret will do, but a refresh token is good for the client alone that got it;
// - any authorization code will do, once, unless the rules say that it must come from the page where somebody agrees;
//   one of that page is good for its client, redirect_uri, scopes and code_verifier; what is refused is refused with
//   400;
// - without that page `user_type` Location gives a token for the first location alone, Company (the usual) one for
//   all of them; the real one of a company must be exchanged for a location's first, which is possible here, too, and
//   needed where the rules say so;
// - client_credentials gives an access token without a refresh token.

namespace millrace::sandbox {
namespace {

constexpr std::string_view token_schema = R"({
  "type": "object", "required": ["client_id", "client_secret", "grant_type"],
  "properties": {
    "client_id": {"minLength": 1}, "client_secret": {"minLength": 1},
    "grant_type": {"enum": ["authorization_code", "refresh_token", "client_credentials"]},
    "user_type": {"enum": ["Company", "Location"]}}
})";

constexpr std::string_view location_token_schema = R"({
  "type": "object", "required": ["companyId", "locationId"],
  "properties": {"companyId": {"minLength": 1}, "locationId": {"minLength": 1}}
})";

std::string all_scopes() {
  std::set<std::string> scopes;
  for (const Operation& operation : operations()) {
    if (!operation.scope.empty()) scopes.emplace(operation.scope);
  }
  return join({scopes.begin(), scopes.end()}, " ");
}

std::string scopes_of(const Grant& grant) { return grant.scopes.empty() ? all_scopes() : join(grant.scopes, " "); }

Value token_value(const World& world, const Grant& grant, const TokenPair& pair) {
  const std::string& location = grant.location;
  Map map;
  map.set("access_token", pair.access);
  map.set("token_type", "Bearer");
  map.set("expires_in", world.tokens.rules.lifetime_seconds);
  if (!pair.refresh.empty()) map.set("refresh_token", pair.refresh);
  map.set("scope", scopes_of(grant));
  map.set("userType", location.empty() ? "Company" : "Location");
  map.set("companyId", "company_sandbox");
  if (location.empty()) {
    Value::List approved;
    for (const Location& each : world.data.locations) approved.emplace_back(each.id);
    map.set("approvedLocations", std::move(approved));
  } else {
    map.set("locationId", location);
  }
  map.set("userId", "user_ada");
  return map;
}

Answer refresh(World& world, const Call& call, const std::string& client) {
  const std::string text = call.body.text_or("refresh_token");
  if (text.empty()) return unprocessable({"refresh_token: must be there for this grant_type"});
  const std::optional<Grant> grant = world.tokens.redeem(text, client);
  if (!grant) return refusal(400, "Invalid grant: this refresh token is not known, or was used before");
  return {200, token_value(world, *grant, world.tokens.issue(*grant, world.data.time()))};
}

Answer token(World& world, const Call& call) {
  static const std::shared_ptr<const Schema> schema = schema_of(token_schema);
  const std::vector<std::string> problems = problems_of(*schema, call.body);
  if (!problems.empty()) return unprocessable(problems);
  const std::string kind = call.body.text_or("grant_type"), client = call.body.text_or("client_id");
  if (kind == "refresh_token") return refresh(world, call, client);

  const Timestamp now = world.data.time();
  const bool one = call.body.text_or("user_type") == "Location" && !world.data.locations.empty();
  const std::string location = one ? world.data.locations.front().id : "";
  if (kind == "client_credentials") {
    const Grant grant{.client_id = client, .location = location};
    return {200, token_value(world, grant, {.access = world.tokens.issue_access(grant, now), .refresh = ""})};
  }
  if (call.body.text_or("code").empty()) return unprocessable({"code: must be there for this grant_type"});
  Result<Grant> grant = world.tokens.redeem_code(call.body, now);
  if (!grant) return refusal(400, grant.error().message);
  if (grant->scopes.empty()) grant->location = location;  // a code that is not from the page
  return {200, token_value(world, *grant, world.tokens.issue(*grant, now))};
}

Answer location_token(World& world, const Call& call) {
  static const std::shared_ptr<const Schema> schema = schema_of(location_token_schema);
  const std::vector<std::string> problems = problems_of(*schema, call.body);
  if (!problems.empty()) return unprocessable(problems);
  const Grant grant{.client_id = "",
                    .location = call.location,
                    .scopes = call.token != nullptr ? call.token->scopes : std::vector<std::string>(),
                    .family = call.token != nullptr ? call.token->family : 0};
  return {200, Value::object({{"access_token", world.tokens.issue_access(grant, world.data.time())},
                              {"token_type", "Bearer"},
                              {"expires_in", world.tokens.rules.lifetime_seconds},
                              {"scope", scopes_of(grant)},
                              {"locationId", call.location},
                              {"userId", "user_ada"}})};
}

}  // namespace

const std::vector<Operation>& oauth_operations() {
  static const std::vector<Operation> operations = {
      {"POST", "/oauth/token", "", BodyKind::form, token, LocationIn::nowhere, no_version},
      {"POST", "/oauth/locationToken", "oauth.write", BodyKind::form, location_token, LocationIn::body},
  };
  return operations;
}

}  // namespace millrace::sandbox
