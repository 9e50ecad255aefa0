#include "courier/credentials.hpp"

namespace millrace {

namespace {

/// Each token is looked up anew, so that it can be changed under a running service.
class ConnectionTokens final : public Credentials {
 public:
  explicit ConnectionTokens(Secrets& secrets) : secrets_(secrets) {}

  Task<Result<HttpHeaders>> for_request(Destination to) override {
    HttpHeaders headers;
    const bool bearer = to.connection != nullptr && to.kind != nullptr && to.kind->auth == "bearer";
    if (!bearer || to.connection->token.empty()) co_return headers;
    const auto token = secrets_.find(to.connection->token);
    if (!token) co_return token.error().within("connection \"" + to.connection->name + "\"");
    headers.set("Authorization", "Bearer " + token->reveal());
    co_return headers;
  }

 private:
  Secrets& secrets_;
};

}  // namespace

std::unique_ptr<Credentials> open_credentials(Secrets& secrets) { return std::make_unique<ConnectionTokens>(secrets); }

}  // namespace millrace
