#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "async/task.hpp"
#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "courier/tokens.hpp"
#include "http/http_client.hpp"
#include "secret/secrets.hpp"
#include "value/value.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// Who asks for a connection's tokens, and where: what millrace.yaml says, over what the plugin's manifest says.
struct OAuthClient {
  std::string connection;
  std::string id;
  std::optional<Secret> secret;  ///< nothing: a client without one
  std::string authorize_url, token_url, location_token_url;
  std::string redirect_uri;
  std::string user_type;
  TokenHolder holder;               ///< what it is given is for
  std::vector<std::string> scopes;  ///< to ask for
  bool pkce = true;
  HttpHeaders headers;                                 ///< that each request of the connection has
  bool private_addresses = false, link_local = false;  ///< as the connection says
  std::vector<std::string> written_out;  ///< of the addresses, those that millrace.yaml has: they may be private ones
};

/// Where the browser is sent back to unless millrace.yaml says.
inline constexpr const char* usual_redirect_uri = "http://127.0.0.1:8711/connected";

/// REQUIRES: connection.oauth. `kind` may be null. The error says what millrace.yaml lacks, or which secret is missing.
Result<OAuthClient> oauth_client(const ConnectionSettings& connection, const ConnectionKind* kind, Secrets& secrets);

/// To whom the connection's tokens are given now. REQUIRES and errors as above, but for client_secret, of which it
/// needs nothing.
Result<TokenHolder> token_holder(const ConnectionSettings& connection, const ConnectionKind* kind, Secrets& secrets);

/// Asks the far side for tokens. Each call sends one request and no more: what became of it decides who may ask again.
///
/// Errors: `unconnected`, it refuses for good, and a person has to agree anew; `denied`, it does not know the client,
/// or an egress rule; `unavailable`, not now, and nothing has changed there; `unsure`, no answer came, and what was
/// asked with may be used up. Messages hold no secrets. Loop thread.
class TokenEndpoint {
 public:
  /// REQUIRES: both outlive it.
  TokenEndpoint(HttpClient& client, const Secrets& secrets) : client_(client), secrets_(secrets) {}

  /// `verifier`: of PKCE, or empty.
  Task<Result<Tokens>> exchange_code(OAuthClient client, std::string code, std::string verifier);
  /// What it does not give anew (another refresh token, scopes) stays as it was.
  Task<Result<Tokens>> refresh(OAuthClient client, Tokens tokens);
  /// A company's token for one of its locations. `unconnected`: it does not take the company's token (any more).
  Task<Result<AccessToken>> for_location(OAuthClient client, Tokens tokens, std::string location);

  std::function<Timestamp()> now;  ///< tests steer it

 private:
  using Form = std::vector<std::pair<std::string, std::string>>;
  /// Asks with `form` and who the client is; what the answer does not say is as in `before`.
  Task<Result<Tokens>> ask_for_tokens(OAuthClient client, Form form, Tokens before);
  Task<Result<IncomingResponse>> ask(OAuthClient client, std::string url, Form form, HttpHeaders headers);

  HttpClient& client_;
  const Secrets& secrets_;
};

}  // namespace millrace
