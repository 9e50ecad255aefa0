#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "answer.hpp"
#include "dice.hpp"
#include "value/time.hpp"

namespace millrace::sandbox {

/// Whoever holds it may do this.
struct Token {
  std::string text;
  std::vector<std::string> scopes;     ///< empty for all
  std::vector<std::string> locations;  ///< empty for all
  std::optional<Timestamp> expires;    ///< nothing for never

  bool grants(std::string_view scope) const;
  bool opens(std::string_view location) const;
};

/// What somebody agreed to: an application may act for a company, or for one location of it.
struct Grant {
  std::string client_id;
  std::string location;  ///< empty for the company
};

/// What `POST /oauth/token` hands out.
struct TokenPair {
  std::string access, refresh;
};

/// The tokens that are accepted.
///
/// Standing ones take the place of private integration tokens, which do not expire. Beside the one for everything there
/// are two to see refusals with: `sandbox-read-only` has the scopes that read, and `sandbox-north-only` opens loc_north
/// alone. Those issued for a grant expire a day later, by the clock of the world; their refresh tokens are good for one
/// use. `sandbox-refresh-token` is one to begin with: the company's, for any client.
class Tokens {
 public:
  static constexpr std::int64_t lifetime_seconds = 86'399;

  explicit Tokens(std::string for_everything);

  /// The token of an Authorization header, or nothing where it is not known, or no longer.
  const Token* find(const std::string* authorization, Timestamp now) const;

  TokenPair issue(const Grant& grant, Timestamp now);
  /// An access token alone.
  std::string issue_access(const std::string& location, Timestamp now);
  /// What a refresh token stands for, which is used up by this; nothing where it is not known, used, or another
  /// client's.
  std::optional<Grant> redeem(std::string_view refresh_token, const std::string& client_id);
  /// False where the code was used before.
  bool use_code(const std::string& code) { return used_codes_.insert(code).second; }

  /// Forgets what was issued.
  void reset();

 private:
  struct Refresh {
    std::string text;
    Grant grant;
  };
  std::vector<Token> standing_, issued_;
  std::vector<Refresh> refresh_;
  std::set<std::string> used_codes_;
  Dice dice_;  ///< its own, so that the ids of the world do not depend on who logs in
};

}  // namespace millrace::sandbox
