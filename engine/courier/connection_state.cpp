#include "courier/connection_state.hpp"

#include <utility>

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

ConnectionState state_of(const ConnectionSettings& connection, Secrets& secrets, KeptTokens& kept) {
  using Kind = ConnectionState::Kind;
  for (const std::string& handle : secrets_of(connection)) {
    const auto secret = secrets.find(handle);
    if (!secret) return {Kind::secret_missing, secret.error().message};
  }
  if (!connection.oauth) return {};
  const auto entry = kept.find(connection.name);
  if (!entry) return {Kind::secret_missing, entry.error().message};
  if (!*entry) return {Kind::not_connected, not_connected(connection.name).message};
  const Tokens& tokens = (*entry)->tokens;
  ConnectionState state;
  state.expires = tokens.access.expires;
  state.renews = !tokens.refresh.reveal().empty() && tokens.problem.empty();
  state.scopes = tokens.access.scopes;
  state.token_version = (*entry)->version;
  state.company = tokens.company;
  state.location = tokens.location;
  if (tokens.problem.empty()) return state;
  state.kind = Kind::needs_reconnect;
  state.problem = needs_reconnect(connection.name, tokens.problem).message;
  return state;
}

}  // namespace millrace
