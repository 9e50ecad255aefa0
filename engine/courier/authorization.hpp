#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "courier/token_endpoint.hpp"

namespace millrace {

/// Somebody is asked, in a browser, whether a connection may act for them.
struct Authorization {
  std::string url;       ///< the page, for the browser
  std::string state;     ///< comes back with the answer, so that nobody else's answer is taken for it
  std::string verifier;  ///< of PKCE; empty where the server does not take it
};

/// `scopes`: what is asked for. `unavailable`: the system gives no random numbers.
Result<Authorization> begin_authorization(const OAuthClient& client, const std::vector<std::string>& scopes);

/// The code in what the browser was sent back with (the query of the redirect). `denied`: somebody said no, or it is
/// the answer to another question; `invalid`: there is none.
Result<std::string> code_in_redirect(const Authorization& begun, std::string_view query);

/// The same for what a person has copied: the whole address, or the code alone, which whoever pastes it vouches for.
Result<std::string> code_in_pasted(const Authorization& begun, std::string_view text);

}  // namespace millrace
