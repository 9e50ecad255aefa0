#include "courier/tokens.hpp"

#include <algorithm>
#include <utility>

#include "value/json.hpp"
#include "value/list_of.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

Map members_of(const AccessToken& token) {
  Map members;
  members.set("token", token.text.reveal());
  members.set("issued", render(token.issued));
  if (token.expires) members.set("expires", render(*token.expires));
  members.set("scopes", list_of(token.scopes));
  return members;
}

Result<AccessToken> decode_access(const Value& value) {
  AccessToken token;
  token.text = Secret(value.text_or("token"));
  token.issued = TRY(parse_timestamp(value.text_or("issued")));
  if (value.find("expires") != nullptr) token.expires = TRY(parse_timestamp(value.text_or("expires")));
  token.scopes = texts_of(value.find("scopes"));
  return token;
}

}  // namespace

bool TokenHolder::may_show_those_of(const TokenHolder& agreed) const {
  if (agreed.origins.empty()) return true;
  const auto known = [&agreed](const std::string& origin) {
    return std::find(agreed.origins.begin(), agreed.origins.end(), origin) != agreed.origins.end();
  };
  return client_id == agreed.client_id && std::all_of(origins.begin(), origins.end(), known);
}

bool AccessToken::due(Timestamp now) const {
  return renews && expires && seconds_between(issued, now) >= 0.8 * seconds_between(issued, *expires);
}

Secret encode(const Tokens& tokens) {
  Map members;
  members.set("access", members_of(tokens.access));
  members.set("refresh", tokens.refresh.reveal());
  members.set("user_type", tokens.user_type);
  members.set("company", tokens.company);
  members.set("location", tokens.location);
  Map locations;
  for (const auto& [id, token] : tokens.locations) locations.set(id, members_of(token));
  members.set("locations", std::move(locations));
  members.set("client_id", tokens.holder.client_id);
  members.set("origins", list_of(tokens.holder.origins));
  members.set("agreement", tokens.agreement);
  members.set("problem", tokens.problem);
  return Secret(encode_json(Value(std::move(members))));
}

Result<Tokens> decode_tokens(const Secret& text) {
  const Value value = TRY(parse_json(text.reveal()));
  Tokens tokens;
  const Value* access = value.find("access");
  if (access == nullptr) return Error{ErrorCode::invalid, "there is no access token in it"};
  tokens.access = TRY(decode_access(*access));
  tokens.refresh = Secret(value.text_or("refresh"));
  tokens.access.renews = !tokens.refresh.reveal().empty();
  tokens.user_type = value.text_or("user_type");
  tokens.company = value.text_or("company");
  tokens.location = value.text_or("location");
  tokens.holder = {value.text_or("client_id"), texts_of(value.find("origins"))};
  tokens.agreement = value.text_or("agreement");
  tokens.problem = value.text_or("problem");
  const Value* locations = value.find("locations");
  if (locations == nullptr || !locations->is_map()) return tokens;
  for (const auto& [id, token] : locations->map()) tokens.locations.emplace(id.text(), TRY(decode_access(token)));
  return tokens;
}

}  // namespace millrace
