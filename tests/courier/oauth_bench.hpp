#pragma once

#include "../secret/own_keys.hpp"
#include "base/text.hpp"
#include "courier/connection_state.hpp"
#include "courier/token_renewal.hpp"
#include "courier_bench.hpp"

namespace millrace::test {

inline constexpr const char* missing_scope =
    R"({"statusCode":401,"message":"The token is not authorized for this scope.","error":"Unauthorized"})";
inline constexpr const char* not_known = R"({"statusCode":401,"message":"Invalid token: access token is invalid"})";
inline constexpr const char* used_up =
    R"({"statusCode":400,"message":"Invalid grant: this refresh token was used before"})";

/// A shop whose connection has tokens that end, and a far side that gives the next ones: "access-2-canary" for
/// "refresh-1-canary" and so on, each refresh token once.
class OAuthBench {
 public:
  OAuthBench() {
    ConnectionSettings& shop = bench.project.connections[0];
    shop.token = "";
    shop.oauth = OAuthSettings{"app", "secret:shop_token", "/authorize", "/oauth/token", "/oauth/locationToken"};
    shop.base_url = bench.base();
    bench.secrets = open_secrets(bench.folder.path(), vault);
    kept = std::make_unique<KeptTokens>(vault, *bench.secrets);
    endpoint = std::make_unique<TokenEndpoint>(*bench.client, *bench.secrets);
    endpoint->now = [this] { return now; };
    bench.options.kept_tokens = kept.get();
    bench.options.clock = [this] { return now; };
    bench.options.renew = [this](std::string connection, std::uint64_t seen) {
      ++renewals;
      return renew(std::move(connection), seen);
    };
    bench.answer_with([this](const IncomingRequest& request) { return answer(request); });
    connect();
  }
  ~OAuthBench() { bench.secrets.reset(); }  // it knows the vault

  Task<Status> renew(std::string, std::uint64_t seen) {
    auto client = oauth_client(bench.project.connections[0], nullptr, *bench.secrets);
    REQUIRE(client);
    RenewalWorld world{bench.loop, bench.folder.path(), *kept, *endpoint, bench.options.pause, asks_anyway};
    const auto renewed = co_await renew_tokens(std::move(world), std::move(*client), seen);
    if (!renewed) co_return renewed.error();
    co_return Done{};
  }

  /// Somebody agrees: the far side takes what came before no more.
  void connect(const std::string& user_type = "Location", bool renews = true) {
    number += 10;
    Tokens tokens;
    tokens.access.text = Secret(access());
    tokens.access.issued = now;
    tokens.access.expires = Timestamp{now.seconds + 1000, 0};
    if (renews) tokens.refresh = Secret("refresh-" + std::to_string(number) + "-canary");
    tokens.user_type = user_type;
    tokens.company = "c1";
    tokens.agreement = "agreement-" + std::to_string(number);
    REQUIRE(kept->put("shop", tokens));
  }

  std::string access() const { return "access-" + std::to_string(number) + "-canary"; }

  OutgoingResponse answer(const IncomingRequest& request) {
    const std::string* shown = request.headers.find("Authorization");
    if (request.path == "/oauth/token") {
      const std::string wanted = "refresh_token=refresh-" + std::to_string(number) + "-canary";
      if (request.body.find(wanted) == std::string::npos) return reply(400, used_up);
      ++number;
      if (lose_answers > 0) {
        --lose_answers;
        return dropped();
      }
      return reply(200, R"({"access_token":")" + access() + R"(","refresh_token":"refresh-)" + std::to_string(number) +
                            R"(-canary","expires_in":1000,"token_type":"Bearer","scope":"tags.read tags.write"})");
    }
    const bool of_company = shown != nullptr && *shown == "Bearer " + access();
    if (request.path == "/oauth/locationToken") {
      if (!of_company) return reply(401, not_known);
      ++exchanges;
      return reply(200, R"({"access_token":"local-)" + std::to_string(exchanges) + R"(-canary","expires_in":"500"})");
    }
    if (without_scope) return reply(401, missing_scope);
    if (takes_nothing) return reply(401, not_known);
    const bool local = shown != nullptr && *shown == "Bearer local-" + std::to_string(exchanges) + "-canary";
    if (!of_company && !local) return reply(401, not_known);
    used_unkept = used_unkept || !on_disk(shown->substr(7));
    return reply(200, R"({"tags":[]})");
  }

  /// Read as another process would.
  bool on_disk(const std::string& token) {
    Vault other(bench.folder.path());
    const auto there = other.get(entry_of("shop"));
    return there && *there && (*there)->secret.reveal().find(token) != std::string::npos;
  }

  std::string state() {
    const auto found = state_of(bench.project.connections[0], nullptr, *bench.secrets, *kept, now);
    return std::string(name_of(found.kind)) + " " + found.problem;
  }
  std::uint64_t version() {
    const auto found = kept->find("shop");
    REQUIRE(found);
    REQUIRE(*found);
    return (*found)->version;
  }
  std::string list() { return bench.perform("shop.tags.list"); }
  std::string asked() {
    std::string paths;
    for (const IncomingRequest& request : bench.arrived) paths += request.path + "\n";
    bench.arrived.clear();
    return paths;
  }

  User user;
  CourierBench bench;
  Vault vault{bench.folder.path()};
  std::unique_ptr<KeptTokens> kept;
  std::unique_ptr<TokenEndpoint> endpoint;
  Timestamp now{1'800'000'000, 0};
  int number = 0, exchanges = 0, renewals = 0, lose_answers = 0;
  bool asks_anyway = false, without_scope = false, takes_nothing = false, used_unkept = false;
};

inline constexpr const char* tags_read = "/locations/main/tags\n";
inline constexpr const char* renewed_first = "/oauth/token\n/locations/main/tags\n";
inline constexpr const char* nothing = R"({"tags":[]})";

}  // namespace millrace::test
