#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "dice.hpp"
#include "value/time.hpp"
#include "value/value.hpp"

namespace millrace::sandbox {

/// Whoever holds it may do this.
struct Token {
  std::string text;
  std::vector<std::string> scopes;     ///< empty for all
  std::vector<std::string> locations;  ///< empty for all
  std::optional<Timestamp> expires;    ///< nothing for never
  std::uint64_t family = 0;            ///< what somebody agreed to once and all that came of it; 0: none
  bool of_company = false;

  bool grants(std::string_view scope) const;
  bool opens(std::string_view location) const;
};

/// What somebody agreed to: an application may act for a company, or for one location of it.
struct Grant {
  std::string client_id;
  std::string location = {};             ///< empty for the company
  std::vector<std::string> scopes = {};  ///< empty for all
  std::uint64_t family = 0;
};

/// A grant on its way through somebody's browser.
struct Code {
  std::string text;
  Grant grant;
  std::string redirect_uri;
  std::string challenge;  ///< of PKCE, S256; empty for none
  Timestamp expires;
};

/// What `POST /oauth/token` hands out.
struct TokenPair {
  std::string access, refresh;
};

/// What the documents leave open, and servers do in more than one way.
struct TokenRules {
  std::int64_t lifetime_seconds = 86'399;
  bool reuse_revokes = false;      ///< a refresh token that comes again ends all that came of what was agreed to
  bool issued_codes_only = false;  ///< a code must come from the page; else any is good once
  bool company_exchanges = false;  ///< a company's token opens no location
};

/// The tokens that are accepted.
///
/// Standing ones take the place of private integration tokens, which do not expire. Beside the one for everything there
/// are two to see refusals with: `sandbox-read-only` has the scopes that read, and `sandbox-north-only` opens loc_north
/// alone. Those issued for a grant expire a day later, by the clock of the world; their refresh tokens are good for one
/// use. `sandbox-refresh-token` is one to begin with: the company's, for any client.
class Tokens {
 public:
  explicit Tokens(std::string for_everything);

  /// The token of an Authorization header, or nothing where it is not known, or no longer.
  const Token* find(const std::string* authorization, Timestamp now) const;

  TokenPair issue(Grant grant, Timestamp now);
  /// An access token alone.
  std::string issue_access(const Grant& grant, Timestamp now);
  /// What a refresh token stands for, which is used up by this; nothing where it is not known, used, or another
  /// client's.
  std::optional<Grant> redeem(std::string_view refresh_token, const std::string& client_id);

  std::string issue_code(Code code, Timestamp now);
  /// What a code stands for, which is used up by this. `form` is the request for tokens, with its redirect_uri and
  /// code_verifier. The error says why not.
  Result<Grant> redeem_code(const Value& form, Timestamp now);

  /// Forgets what was issued, and what was counted; the rules are the usual ones again.
  void reset();

  TokenRules rules;
  std::int64_t refreshed = 0;  ///< refresh tokens that were taken
  std::int64_t refused = 0;    ///< refresh tokens that were not

 private:
  struct Refresh {
    std::string text;
    Grant grant;
    bool used = false;
  };
  void revoke(std::uint64_t family);

  std::vector<Token> standing_, issued_;
  std::vector<Refresh> refresh_;
  std::vector<Code> codes_;
  std::set<std::string> used_codes_;
  std::uint64_t families_ = 0;
  Dice dice_;  ///< its own, so that the ids of the world do not depend on who logs in
};

}  // namespace millrace::sandbox
