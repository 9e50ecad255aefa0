#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "courier/kept_tokens.hpp"
#include "secret/secrets.hpp"
#include "value/value.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// Whether a connection can be used, as far as that is known without asking its far side.
struct ConnectionState {
  enum class Kind : std::uint8_t {
    ok,               ///< its secrets are there
    not_connected,    ///< nobody has agreed yet, or only to what millrace.yaml said before
    needs_reconnect,  ///< somebody has to agree anew
    secret_missing,   ///< a secret that it names is not there or holds no address, or the vault cannot be opened
  };
  Kind kind = Kind::ok;
  std::string problem;                      ///< one sentence with its cure; empty where all is well
  std::optional<Timestamp> expires = {};    ///< of the access token
  bool renews = false;                      ///< it is renewed by itself
  std::vector<std::string> scopes = {};     ///< granted; empty: not known
  std::uint64_t token_version = 0;          ///< of the tokens: another one where others came; 0: there are none
  std::string company = {}, location = {};  ///< for which of them somebody agreed; empty: not known
};

std::string_view name_of(ConnectionState::Kind kind) noexcept;

/// `kind`: of its plugin; may be null.
ConnectionState state_of(const ConnectionSettings& connection, const ConnectionKind* kind, Secrets& secrets,
                         KeptTokens& kept, Timestamp now);

}  // namespace millrace
