#include "courier/credentials.hpp"

#include <utility>

#include "courier/oauth_tokens.hpp"
#include "crypto/base64.hpp"

namespace millrace {

namespace {

/// Each secret is looked up anew, so that it can be changed under a running service.
class ConnectionSecrets final : public Credentials {
 public:
  ConnectionSecrets(Secrets& secrets, HttpClient& client, const CourierOptions& options)
      : secrets_(secrets), tokens_(secrets, client, options) {}

  Task<Result<ShownCredentials>> for_request(Destination to, std::string location) override {
    if (to.connection != nullptr && to.connection->oauth) {
      auto token = co_await tokens_.current(to, std::move(location));
      if (!token) co_return token.error();
      ShownCredentials shown;
      shown.headers.set("Authorization", "Bearer " + token->text.reveal());
      shown.token = std::move(token->text);
      shown.problem = std::move(token->problem);
      co_return shown;
    }
    auto shown = shown_at(to);
    if (!shown) co_return shown.error().within("connection \"" + to.connection->name + "\"");
    co_return shown;
  }

  bool refused(const Destination& to, const ShownCredentials& shown) override {
    return shown.token && tokens_.refused(to.connection->name, *shown.token);
  }
  void taken(const Destination& to, const ShownCredentials& shown) override {
    if (shown.token) tokens_.taken(to.connection->name, *shown.token);
  }

 private:
  Result<ShownCredentials> shown_at(const Destination& to) const {
    ShownCredentials shown;
    if (to.connection == nullptr) return shown;
    const bool bearer = to.kind != nullptr && to.kind->auth == "bearer" && !to.connection->token.empty();
    if (bearer) {
      const Secret token = TRY(secrets_.find(to.connection->token));
      shown.headers.set("Authorization", "Bearer " + token.reveal());
    }
    if (!to.connection->shown) return shown;
    const ShownSecret& how = *to.connection->shown;
    const Secret secret = TRY(secrets_.find(how.secret));
    switch (how.place) {
      case ShownSecret::Place::header:
        shown.headers.set(how.name, how.before + secret.reveal());
        break;
      case ShownSecret::Place::basic: {
        const std::string user = is_secret_handle(how.name) ? TRY(secrets_.find(how.name)).reveal() : how.name;
        shown.headers.set("Authorization", "Basic " + encode_base64(user + ":" + secret.reveal()));
        break;
      }
      case ShownSecret::Place::signed_webhook:
        shown.signs = secret;
        break;
      case ShownSecret::Place::query:
        shown.query.emplace_back(how.name, secret.reveal());
        break;
    }
    return shown;
  }

  Secrets& secrets_;
  OAuthTokens tokens_;
};

}  // namespace

std::unique_ptr<Credentials> open_credentials(Secrets& secrets, HttpClient& client, const CourierOptions& options) {
  return std::make_unique<ConnectionSecrets>(secrets, client, options);
}

}  // namespace millrace
