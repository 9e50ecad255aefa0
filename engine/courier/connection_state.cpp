#include "courier/connection_state.hpp"

#include <utility>

#include "base/url.hpp"
#include "courier/token_endpoint.hpp"

namespace millrace {

std::string_view name_of(ConnectionState::Kind kind) noexcept {
  switch (kind) {
    case ConnectionState::Kind::ok:
      return "ok";
    case ConnectionState::Kind::not_connected:
      return "not_connected";
    case ConnectionState::Kind::needs_reconnect:
      return "needs_reconnect";
    case ConnectionState::Kind::secret_missing:
      return "secret_missing";
  }
  return "ok";
}

namespace {

/// Of an address that is a secret as a whole: why nothing can be sent there, with its cure; empty: it can.
std::string why_no_address(const std::string& handle, Secrets& secrets) {
  if (!is_secret_handle(handle)) return "";
  const auto secret = secrets.find(handle);
  if (!secret) return secret.error().message;
  const auto url = parse_url(secret->reveal());
  if (url || parse_mail_server(secret->reveal())) return "";
  return "what \"" + handle + "\" holds is no address (" + secrets.redact(url.error().message) +
         "): \"millrace secret set " + handle.substr(handle.find(':') + 1) + "\" gives it another value";
}

}  // namespace

ConnectionState state_of(const ConnectionSettings& connection, const ConnectionKind* kind, Secrets& secrets,
                         KeptTokens& kept, Timestamp now) {
  using Kind = ConnectionState::Kind;
  for (const std::string& handle : secrets_of(connection)) {
    const auto secret = secrets.find(handle);
    if (!secret) return {Kind::secret_missing, secret.error().message};
  }
  if (std::string problem = why_no_address(connection.base_url, secrets); !problem.empty())
    return {Kind::secret_missing, std::move(problem)};
  if (!connection.oauth) return {};
  const auto entry = kept.find(connection.name);
  if (!entry) return {Kind::secret_missing, entry.error().message};
  if (!*entry) return {Kind::not_connected, not_connected(connection.name).message};
  const Tokens& tokens = (*entry)->tokens;
  const auto holder = token_holder(connection, kind, secrets);
  if (holder && !holder->may_show_those_of(tokens.holder))
    return {Kind::not_connected, connected_elsewhere(connection.name, tokens.holder).message};
  ConnectionState state;
  state.expires = tokens.access.expires;
  state.renews = !tokens.refresh.reveal().empty() && tokens.problem.empty();
  state.scopes = tokens.access.scopes;
  state.token_version = (*entry)->version;
  state.company = tokens.company;
  state.location = tokens.location;
  state.problem = why_wrong_location(connection, tokens);
  if (!state.problem.empty()) state.kind = Kind::needs_reconnect;
  const bool over = tokens.refresh.reveal().empty() && tokens.access.expired(now);
  if (tokens.problem.empty() && !over) return state;
  state.kind = Kind::needs_reconnect;
  state.problem = needs_reconnect(connection.name, over ? no_refresh_token : tokens.problem).message;
  return state;
}

}  // namespace millrace
