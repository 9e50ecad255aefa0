#include "courier/credentials.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "base/text.hpp"
#include "courier/oauth_tokens.hpp"
#include "crypto/base64.hpp"
#include "crypto/digest.hpp"

namespace millrace {

namespace {

/// A far side may take some time to know a value that it has given out itself.
constexpr Duration time_between_trials = std::chrono::minutes(5);

/// The secrets that a connection shows, beside its tokens.
std::vector<std::string> shown_handles(const Destination& to) {
  std::vector<std::string> handles;
  if (to.connection == nullptr || to.connection->oauth) return handles;
  const bool bearer = to.kind != nullptr && to.kind->auth == "bearer" && !to.connection->token.empty();
  if (bearer) handles.push_back(to.connection->token);
  if (!to.connection->shown) return handles;
  handles.push_back(to.connection->shown->secret);
  if (is_secret_handle(to.connection->shown->name)) handles.push_back(to.connection->shown->name);
  return handles;
}

bool same_secrets(const std::vector<Secret>& one, const std::vector<Secret>& other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](const Secret& a, const Secret& b) { return a.reveal() == b.reveal(); });
}

/// Each secret is looked up anew, so that it can be changed under a running service.
class ConnectionSecrets final : public Credentials {
 public:
  ConnectionSecrets(Secrets& secrets, HttpClient& client, const CourierOptions& options)
      : secrets_(secrets), options_(options), tokens_(secrets, client, options) {}

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
    if (to.connection == nullptr) return false;
    if (shown.token) return tokens_.refused(to.connection->name, *shown.token, endpoint_of("", to.url));
    if (shown.previous) {  // neither is taken: the newest is what the next request shows
      refused_.erase(to.connection->name);
      return false;
    }
    Refusal refusal;
    std::vector<Secret> now;
    for (const std::string& handle : shown_handles(to)) {
      const auto secret = secrets_.find(handle);
      if (!secret) return false;
      now.push_back(*secret);
      const auto before = secrets_.previous(handle);
      if (before && before->reveal() != secret->reveal()) refusal.values[handle] = fingerprint(secret->reveal());
    }
    if (!same_secrets(now, shown.shows)) return true;  // it was changed since, so the newest has not been refused yet
    if (refusal.values.empty()) return false;
    refusal.over_at = options_.now() + time_between_trials;
    log(LogLevel::warning, "connection \"" + to.connection->name + "\": " + told_of(refusal));
    refused_[to.connection->name] = std::move(refusal);
    return true;
  }
  void taken(const Destination& to, const ShownCredentials& shown) override {
    if (shown.token) tokens_.taken(to.connection->name, *shown.token, endpoint_of("", to.url));
  }

 private:
  /// The values of a connection's secrets that the far side did not take, by handle, while the one before was there.
  struct Refusal {
    std::map<std::string, std::string> values;  // as fingerprints
    std::chrono::steady_clock::time_point over_at = {};
  };

  static std::string told_of(const Refusal& refusal) {
    const std::string handle = refusal.values.begin()->first, name = handle.substr(handle.find(':') + 1);
    return "the new value of " + handle + " was refused, so the one before is used: \"millrace secret rotate " + name +
           " --back\" goes back to it, and \"millrace secret rotate " + name + "\" takes another then";
  }

  /// The newest value, or the one before where that was refused and the rotation has not ended.
  Result<Secret> secret_of(const Destination& to, const std::string& handle, ShownCredentials& shown) {
    Secret secret = TRY(secrets_.find(handle));
    if (trim(secret.reveal()).empty())
      return Error{ErrorCode::not_found, handle + " is empty, and proves nothing to the far side: give it a value"};
    shown.shows.push_back(secret);
    const auto found = refused_.find(to.connection->name);
    if (found == refused_.end()) return secret;
    const auto refused = found->second.values.find(handle);
    if (refused == found->second.values.end()) return secret;
    const auto before = secrets_.previous(handle);
    const bool same = refused->second == fingerprint(secret.reveal());
    if (!before || !same || options_.now() >= found->second.over_at) {
      refused_.erase(found);
      return secret;
    }
    shown.previous = true;
    shown.problem = told_of(found->second);
    return *before;
  }

  Result<ShownCredentials> shown_at(const Destination& to) {
    ShownCredentials shown;
    if (to.connection == nullptr) return shown;
    std::map<std::string, Secret> values;
    for (const std::string& handle : shown_handles(to))
      values.insert_or_assign(handle, TRY(secret_of(to, handle, shown)));
    if (const auto token = values.find(to.connection->token); token != values.end() && !to.connection->token.empty())
      shown.headers.set("Authorization", "Bearer " + token->second.reveal());
    if (!to.connection->shown) return shown;
    const ShownSecret& how = *to.connection->shown;
    const Secret& secret = values.at(how.secret);
    switch (how.place) {
      case ShownSecret::Place::header:
        shown.headers.set(how.name, how.before + secret.reveal());
        break;
      case ShownSecret::Place::basic: {
        const std::string user = is_secret_handle(how.name) ? values.at(how.name).reveal() : how.name;
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
  const CourierOptions& options_;
  OAuthTokens tokens_;
  std::map<std::string, Refusal> refused_;  // by connection
};

}  // namespace

std::unique_ptr<Credentials> open_credentials(Secrets& secrets, HttpClient& client, const CourierOptions& options) {
  return std::make_unique<ConnectionSecrets>(secrets, client, options);
}

}  // namespace millrace
