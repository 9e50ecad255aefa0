#include "courier/credentials.hpp"

#include "crypto/base64.hpp"

namespace millrace {

namespace {

/// Each secret is looked up anew, so that it can be changed under a running service.
class ConnectionSecrets final : public Credentials {
 public:
  explicit ConnectionSecrets(Secrets& secrets) : secrets_(secrets) {}

  Task<Result<ShownCredentials>> for_request(Destination to) override {
    auto shown = shown_at(to);
    if (!shown) co_return shown.error().within("connection \"" + to.connection->name + "\"");
    co_return shown;
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
};

}  // namespace

std::unique_ptr<Credentials> open_credentials(Secrets& secrets) { return std::make_unique<ConnectionSecrets>(secrets); }

}  // namespace millrace
