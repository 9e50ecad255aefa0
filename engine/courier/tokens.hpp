#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "secret/secrets.hpp"
#include "value/value.hpp"

namespace millrace {

/// What is shown at the far side, and how long it is good for.
struct AccessToken {
  Secret text = Secret("");
  Timestamp issued;                       ///< when it was asked for, by this machine's clock
  std::optional<Timestamp> expires = {};  ///< nothing: the far side did not say
  std::vector<std::string> scopes = {};   ///< empty: the far side did not say
  bool renews = true;                     ///< there is something to get the next one with

  bool expired(Timestamp now) const { return expires && *expires <= now; }
  /// 80 percent of its time are over, and there is a next one: it is fetched while this one is still good.
  bool due(Timestamp now) const;
};

/// To whom tokens were given, and where they may be shown: what is agreed to at one far side goes to no other, whatever
/// millrace.yaml says later.
struct TokenHolder {
  std::string client_id = {};
  std::vector<std::string> origins = {};  ///< of the connection's address and its token addresses; empty: not known

  /// Whether what was given to `agreed` may be shown by this one. Tokens of before this was kept tell nothing.
  bool may_show_those_of(const TokenHolder& agreed) const;
};

/// What a far side gave a connection when somebody agreed: one entry of the vault.
struct Tokens {
  AccessToken access;
  Secret refresh = Secret("");  ///< empty: it gave none, and somebody has to agree anew when `access` ends
  std::string user_type;        ///< "Company" or "Location", where the far side has both; else empty
  std::string company, location;
  std::map<std::string, AccessToken> locations;  ///< a company's tokens for its locations, by their ids
  TokenHolder holder = {};
  std::string agreement;  ///< what tells all that came of one agreement from what came of another; empty: not known
  std::string problem;    ///< why a person has to connect anew, one sentence; empty: all is well

  /// Whether it opens a location only after an exchange.
  bool of_company() const { return user_type == "Company"; }
};

Secret encode(const Tokens& tokens);
Result<Tokens> decode_tokens(const Secret& text);

}  // namespace millrace
