#include "courier/oauth_tokens.hpp"

#include <utility>

#include "crypto/digest.hpp"

namespace millrace {

namespace {

constexpr Duration after_in_vain = std::chrono::minutes(1);

/// What cannot be done now may be done later; what the far side refused for good, somebody has to cure.
Error no_token(const std::string& connection, Error why) {
  if (why.code == ErrorCode::unconnected) return needs_reconnect(connection, why.message);
  if (why.code == ErrorCode::unsure || why.code == ErrorCode::timeout) why.code = ErrorCode::unavailable;
  return why.within("connection \"" + connection + "\": its token cannot be renewed");
}

}  // namespace

OAuthTokens::OAuthTokens(Secrets& secrets, HttpClient& client, const CourierOptions& options)
    : secrets_(secrets), options_(options), endpoint_(client, secrets) {
  endpoint_.now = options.clock;
}

OAuthTokens::Need OAuthTokens::need_of(const Line& line, const AccessToken& token) const {
  const Timestamp now = options_.clock();
  if (token.expired(now) || line.refused.contains(fingerprint(token.text.reveal()))) return Need::now;
  return token.due(now) ? Need::soon : Need::none;
}

Task<Status> OAuthTokens::landed(Flight& flight) {
  const std::uint64_t before = flight.landings;
  while (flight.landings == before) {
    const bool undisturbed = co_await flight.landed.wait();
    if (!undisturbed) co_return Error{ErrorCode::cancelled, "called off"};
  }
  co_return flight.outcome;
}

Task<Status> OAuthTokens::renew(Line& line, std::string connection, std::uint64_t seen) {
  Flight& flight = line.renewal;
  flight.under_way = true;
  auto outcome = co_await options_.renew(connection, seen);
  flight.under_way = false;
  flight.outcome = outcome;
  ++flight.landings;
  flight.landed.announce();
  line.not_before.reset();
  if (!outcome) line.not_before = options_.now() + after_in_vain;
  co_return outcome;
}

/// What is kept, with an access token that is good as far as is known here. One that came just now is used whatever its
/// time says: the far side is asked whether it is over, not for others without an end.
Task<Result<KeptTokens::Entry>> OAuthTokens::with_good_token(Destination to) {
  const std::string name = to.connection->name;
  Line& line = lines_[name];
  std::optional<std::uint64_t> renewed;  // the version in whose place another came
  for (;;) {
    auto kept = options_.kept_tokens->find(name);
    if (!kept) co_return kept.error();
    if (!*kept) co_return not_connected(name);
    KeptTokens::Entry entry = std::move(**kept);
    const Need need = need_of(line, entry.tokens.access);
    if (need == Need::none) co_return entry;
    const bool after_refusal = line.refused.contains(fingerprint(entry.tokens.access.text.reveal()));
    if (renewed && *renewed != entry.version && !after_refusal) co_return entry;
    const bool hopeless = !entry.tokens.problem.empty();
    const bool later = line.renewal.under_way || (line.not_before && options_.now() < *line.not_before);
    if (need == Need::soon && (hopeless || later)) co_return entry;
    if (hopeless) co_return needs_reconnect(name, entry.tokens.problem);
    Status outcome = Done{};
    if (line.renewal.under_way) {
      outcome = co_await landed(line.renewal);
    } else {
      outcome = co_await renew(line, name, entry.version);
    }
    if (!outcome && need == Need::now) co_return no_token(name, outcome.error());
    if (outcome) renewed = entry.version;
    if (!outcome || !after_refusal) continue;
    const auto fresh = options_.kept_tokens->find(name);
    if (fresh && *fresh) line.unproven = fingerprint((*fresh)->tokens.access.text.reveal());
  }
}

/// Makes a location's token of the company's. The far side's refusal of the company's token is heard by its renewal.
Task<Status> OAuthTokens::exchange(Destination to, std::string location, KeptTokens::Entry entry) {
  const std::string name = to.connection->name;
  auto client = oauth_client(*to.connection, to.kind, secrets_);
  if (!client) co_return client.error();
  const EndpointId where = endpoint_of("", client->location_token_url);
  auto token = co_await endpoint_.for_location(std::move(*client), entry.tokens, location);
  if (!token && token.error().code == ErrorCode::unconnected) {
    const bool another = refused(name, entry.tokens.access.text, where);
    if (!another) co_return token.error();
    co_return Done{};  // it is tried again with another
  }
  if (!token) co_return token.error();
  taken(name, entry.tokens.access.text, where);
  // Where somebody has agreed anew meanwhile, perhaps as another company, this one is of what was agreed to before.
  const std::function<void(Tokens&)> keep = [&](Tokens& tokens) {
    if (tokens.agreement == entry.tokens.agreement) tokens.locations[location] = *token;
  };
  auto kept = options_.kept_tokens->change(name, keep);
  co_return kept;
}

Task<Result<KeptTokens::Entry>> OAuthTokens::exchanged(Destination to, std::string location, KeptTokens::Entry entry) {
  const std::string name = to.connection->name;
  Line& line = lines_[name];
  Flight& flight = line.exchanges[location];
  std::optional<std::string> exchanged_for;  // the token in whose place another came; empty: none was there
  for (;;) {
    const auto known = entry.tokens.locations.find(location);
    const std::string known_by = known == entry.tokens.locations.end() ? "" : fingerprint(known->second.text.reveal());
    const Need need = known_by.empty() ? Need::now : need_of(line, known->second);
    const bool came_now = exchanged_for && *exchanged_for != known_by && !known_by.empty();
    if (came_now && !line.refused.contains(known_by)) co_return entry;
    if (need == Need::none || (need == Need::soon && flight.under_way)) co_return entry;
    Status outcome = Done{};
    if (flight.under_way) {
      outcome = co_await landed(flight);
    } else {
      flight.under_way = true;
      outcome = co_await exchange(to, location, entry);
      flight.under_way = false;
      flight.outcome = outcome;
      ++flight.landings;
      flight.landed.announce();
    }
    if (!outcome && need == Need::soon) co_return entry;
    if (!outcome) co_return no_token(name, outcome.error());
    exchanged_for = known_by;
    auto fresh = co_await with_good_token(to);
    if (!fresh) co_return fresh.error();
    entry = std::move(*fresh);
    if (!entry.tokens.of_company()) co_return entry;  // somebody has agreed anew, for a location
  }
}

Status OAuthTokens::check_holder(const Destination& to) const {
  const auto kept = TRY(options_.kept_tokens->find(to.connection->name));
  if (!kept) return Done{};
  const TokenHolder holder = TRY(token_holder(*to.connection, to.kind, secrets_));
  if (holder.may_show_those_of(kept->tokens.holder)) return Done{};
  return connected_elsewhere(to.connection->name, kept->tokens.holder);
}

Task<Result<CurrentToken>> OAuthTokens::current(Destination to, std::string location) {
  if (options_.kept_tokens == nullptr || !options_.renew)
    co_return Error{ErrorCode::internal, "nothing here keeps tokens"};
  const Status ours = check_holder(to);
  if (!ours) co_return ours.error();
  auto entry = co_await with_good_token(to);
  if (!entry) co_return entry.error();
  const OAuthSettings& settings = *to.connection->oauth;
  const bool can_exchange =
      !settings.location_token_url.empty() || (to.kind != nullptr && !to.kind->oauth.location_token_url.empty());
  const bool exchanges = !location.empty() && can_exchange;
  if (exchanges && entry->tokens.of_company()) entry = co_await exchanged(to, location, std::move(*entry));
  if (!entry) co_return entry.error();
  const Tokens& tokens = entry->tokens;
  const AccessToken& token = exchanges && tokens.of_company() ? tokens.locations.at(location) : tokens.access;
  const std::string& problem = tokens.problem;
  co_return CurrentToken{token.text, problem.empty() ? "" : needs_reconnect(to.connection->name, problem).message};
}

bool OAuthTokens::refused(const std::string& connection, const Secret& token, EndpointId where) {
  Line& line = lines_[connection];
  const std::string known_by = fingerprint(token.reveal());
  const std::string before = std::exchange(line.closed[where], known_by);
  if (line.refused.contains(known_by)) return true;
  const bool in_vain = known_by == line.after_refusal && line.refused.contains(before);
  if (known_by == line.unproven || known_by == before || in_vain) return false;
  line.refused.insert(known_by);
  return true;
}

void OAuthTokens::taken(const std::string& connection, const Secret& token, EndpointId where) {
  Line& line = lines_[connection];
  line.closed.erase(where);
  if (line.unproven.empty() || line.unproven != fingerprint(token.reveal())) return;
  line.after_refusal = std::exchange(line.unproven, {});
}

}  // namespace millrace
