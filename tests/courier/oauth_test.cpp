#include "../secret/own_keys.hpp"
#include "base/text.hpp"
#include "courier/connection_state.hpp"
#include "courier/token_renewal.hpp"
#include "courier_bench.hpp"

namespace millrace {

using test::CourierBench;
using test::dropped;
using test::reply;

namespace {

constexpr const char* missing_scope =
    R"({"statusCode":401,"message":"The token is not authorized for this scope.","error":"Unauthorized"})";
constexpr const char* not_known = R"({"statusCode":401,"message":"Invalid token: access token is invalid"})";
constexpr const char* used_up = R"({"statusCode":400,"message":"Invalid grant: this refresh token was used before"})";

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
    RenewalWorld world{bench.loop, bench.folder.path(), *kept, *endpoint, bench.options.pause};
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
  std::string list() { return bench.perform("shop.tags.list"); }
  std::string asked() {
    std::string paths;
    for (const IncomingRequest& request : bench.arrived) paths += request.path + "\n";
    bench.arrived.clear();
    return paths;
  }

  test::User user;
  CourierBench bench;
  Vault vault{bench.folder.path()};
  std::unique_ptr<KeptTokens> kept;
  std::unique_ptr<TokenEndpoint> endpoint;
  Timestamp now{1'800'000'000, 0};
  int number = 0, exchanges = 0, renewals = 0, lose_answers = 0;
  bool without_scope = false, takes_nothing = false, used_unkept = false;
};

constexpr const char* tags_read = "/locations/main/tags\n";
constexpr const char* renewed_first = "/oauth/token\n/locations/main/tags\n";
constexpr const char* nothing = R"({"tags":[]})";

Task<void> send_one(OAuthBench& far, std::vector<std::string>& ends) {
  auto shipment = far.bench.courier().prepare(far.bench.action("shop.tags.list"), Map(), far.bench.site());
  REQUIRE(shipment);
  const auto answer = co_await far.bench.courier().send(std::move(*shipment));
  ends.push_back(answer.output ? "done" : answer.output.error().message);
}

Task<void> send_many(OAuthBench& far, int count, std::vector<std::string>& ends) {
  Scope scope(far.bench.loop);
  for (int i = 0; i < count; ++i) scope.spawn(send_one(far, ends));
  co_await scope.done();
}

}  // namespace

TEST_CASE(
    "a token is renewed when four fifths of its time are over, and the next one is on the disk before it is used") {
  OAuthBench far;
  CHECK(far.list() == nothing);
  far.now.seconds += 799;
  CHECK(far.list() == nothing);
  CHECK(far.asked() == std::string(tags_read) + tags_read);
  far.now.seconds += 1;
  CHECK(far.list() == nothing);
  CHECK(far.asked() == renewed_first);
  CHECK(far.on_disk(far.access()));
  CHECK_FALSE(far.used_unkept);
  far.now.seconds += 5000;  // the next one is over altogether
  CHECK(far.list() == nothing);
  CHECK(far.asked() == renewed_first);
  CHECK_FALSE(far.used_unkept);
}

TEST_CASE(
    "a token that the far side does not know any more is renewed and the request sent again; a missing scope is no "
    "reason") {
  OAuthBench far;
  far.number += 1;  // the far side has forgotten what it gave
  CHECK(far.list().starts_with("unconnected: connection \"shop\" needs to be connected again"));
  far.connect();
  far.bench.arrived.clear();
  far.without_scope = true;
  const std::string told = far.list();
  CHECK(told.starts_with("denied: "));
  CHECK(told.find("grant the token the scope tags.read, and do \"millrace connect shop\" once more") !=
        std::string::npos);
  CHECK(far.asked() == tags_read);
  far.without_scope = false;
  far.takes_nothing = true;
  CHECK(far.list().find("refused the token, although it is new") != std::string::npos);
  CHECK(far.asked() == std::string(tags_read) + renewed_first);
  CHECK(far.list().find("refused the token, although it is new") != std::string::npos);
  CHECK(far.asked() == tags_read);  // not again and again
  far.takes_nothing = false;
  CHECK(far.list() == nothing);
}

TEST_CASE("however many wait, one asks for the next token") {
  for (const bool over : {true, false}) {
    OAuthBench far;
    far.now.seconds += over ? 2000 : 900;
    std::vector<std::string> ends;
    test::ask(far.bench.loop, send_many(far, 50, ends));
    CHECK(ends == std::vector<std::string>(50, "done"));
    CHECK(far.renewals == 1);
    CHECK(far.number == 11);
    CHECK_FALSE(far.used_unkept);
  }
}

TEST_CASE("who finds the next token there asks for none") {
  OAuthBench far;
  const auto before = far.kept->find("shop");
  REQUIRE(before);
  REQUIRE(*before);
  far.connect();
  CHECK(test::ask(far.bench.loop, far.renew("shop", (*before)->version)));
  CHECK(far.asked().empty());
}

TEST_CASE("an answer that is lost is asked for again; where the far side has given its token away, a person is told") {
  OAuthBench far;
  far.now.seconds += 2000;
  far.lose_answers = 1;
  const std::string told = far.list();
  CHECK(
      told.starts_with("unconnected: connection \"shop\" needs to be connected again (the answer to an earlier request "
                       "for new tokens was lost ("));
  CHECK(
      told.ends_with("), and now it refused what was agreed to (400: Invalid grant: this refresh token was used "
                     "before)): do \"millrace connect shop\""));
  CHECK(far.asked() == "/oauth/token\n/oauth/token\n");
  CHECK(far.list() == told);
  CHECK(far.asked().empty());  // nobody asks in vain
  far.connect();
  CHECK(far.list() == nothing);
}

TEST_CASE("while a token is good, a renewal in vain is no failure, and is told") {
  OAuthBench far;
  std::vector<std::string> problems;
  far.bench.options.on_token = [&](const std::string&, const std::string& problem) { problems.push_back(problem); };
  far.bench.answer_with([&](const IncomingRequest& request) {
    return request.path == "/oauth/token" ? reply(503, "{}") : far.answer(request);
  });
  far.now.seconds += 900;
  CHECK(far.list() == nothing);
  CHECK(far.list() == nothing);
  CHECK(far.renewals == 1);  // and the next one later
  far.bench.passed += std::chrono::minutes(2);
  far.bench.answer_with([&](const IncomingRequest& request) {
    return request.path == "/oauth/token" ? reply(400, R"({"error":"invalid_grant"})") : far.answer(request);
  });
  CHECK(far.list() == nothing);
  CHECK(far.renewals == 2);
  REQUIRE_FALSE(problems.empty());
  CHECK(problems.back().find("do \"millrace connect shop\"") != std::string::npos);
  CHECK(far.list() == nothing);
  CHECK(far.renewals == 2);
  far.now.seconds += 200;
  CHECK(far.list().starts_with("unconnected: "));
}

TEST_CASE("a far side that gives no tokens now is no reason to agree anew") {
  OAuthBench far;
  far.now.seconds += 2000;
  far.bench.answer_with([&](const IncomingRequest&) { return reply(503, "{}"); });
  CHECK(far.list().starts_with("unavailable: connection \"shop\": its token cannot be renewed"));
  far.bench.answer_with(
      [&](const IncomingRequest&) { return reply(400, R"({"statusCode":400,"message":"Location is not active"})"); });
  CHECK(far.list().starts_with("unavailable: "));
  far.bench.answer_with([&](const IncomingRequest&) { return reply(401, R"({"error":"invalid_client"})"); });
  CHECK(far.list().starts_with("denied: "));
  far.bench.answer_with([&](const IncomingRequest& request) { return far.answer(request); });
  CHECK(far.list() == nothing);
}

TEST_CASE("what a refusal to give tokens says for machines decides, whatever it says for people beside it") {
  struct Refusal {
    int status;
    const char* body;
    const char* means;
  };
  const Refusal refusals[] = {
      {400, R"({"error":"invalid_client","error_description":"Client authentication failed"})", "denied"},
      {401, R"({"error":"INVALID_CLIENT","error_description":"grant access first"})", "denied"},
      {400, R"({"error":"unauthorized_client","message":"no"})", "denied"},
      {400, R"({"error":"invalid_request","error_description":"a parameter is missing"})", "denied"},
      {400, R"({"error":"unsupported_grant_type"})", "denied"},
      {200, R"({"error":"incorrect_client_credentials","error_description":"The client is not right."})", "denied"},
      {404, "<html><h1>Not Found</h1></html>", "denied"},
      {400, R"({"error":"temporarily_unavailable","error_description":"try later"})", "unavailable"},
      {400, R"({"error":"slow_down"})", "unavailable"},
      {200, R"({"ok":false,"error":"ratelimited"})", "unavailable"},
      {403, "<html>attention required</html>", "unavailable"},
      {403, R"({"message":"Forbidden"})", "unavailable"},
      {413, "too much", "unavailable"},
      {400, "<html>bad gateway</html>", "unavailable"},
      {400, R"({"error":"invalid_grant","error_description":"Token client_id mismatch"})", "unconnected"},
      {401, R"({"error":{"code":"invalid_grant","message":"gone"}})", "unconnected"},
      {403, R"({"error":"invalid_grant"})", "unconnected"},
      {200, R"({"error":"bad_refresh_token","error_description":"it is not correct"})", "unconnected"},
      {200, R"({"ok":false,"error":"invalid_refresh_token"})", "unconnected"},
      {422, R"({"statusCode":422,"message":"This refresh token is over"})", "unconnected"}};
  for (const Refusal& refusal : refusals) {
    CAPTURE(refusal.body);
    OAuthBench far;
    far.now.seconds += 2000;
    far.bench.answer_with([&](const IncomingRequest&) { return reply(refusal.status, refusal.body); });
    const std::string told = far.list();
    CHECK(told.substr(0, told.find(':')) == refusal.means);
    const bool later = std::string_view(refusal.means) == "unavailable";
    CHECK(far.asked() == (later ? "/oauth/token\n/oauth/token\n" : "/oauth/token\n"));
    far.bench.answer_with([&](const IncomingRequest& request) { return far.answer(request); });
    far.bench.passed += std::chrono::minutes(2);
    // Only what was said of the grant itself ends the connection.
    CHECK((far.list() == nothing) == (std::string_view(refusal.means) != "unconnected"));
  }
}

TEST_CASE("an answer that was of no use is named where the refresh token is used up by it") {
  for (const char* answer : {"<html>hello</html>", R"({"access_token":17})", "[1]"}) {
    OAuthBench far;
    far.now.seconds += 2000;
    bool first = true;
    far.bench.answer_with([&](const IncomingRequest& request) {
      if (request.path != "/oauth/token" || !std::exchange(first, false)) return far.answer(request);
      (void)far.answer(request);
      return reply(200, answer);
    });
    const std::string told = far.list();
    CHECK(told.find("was lost (its answer ") != std::string::npos);
    CHECK(told.find("this refresh token was used before") != std::string::npos);
  }
}

TEST_CASE("tokens that are over when they come are used once, and not asked for without an end") {
  OAuthBench far;
  std::string user_type = "Location";
  SUBCASE("of a connection") {}
  SUBCASE("of a company's location") { user_type = "Company"; }
  far.connect(user_type);
  far.bench.answer_with([&](const IncomingRequest& request) {
    if (request.path.starts_with("/oauth/")) far.now.seconds += 1000;
    return far.answer(request);
  });
  far.now.seconds += 2000;
  CHECK(far.list() == nothing);
  const std::string once =
      user_type == "Company" ? std::string("/oauth/token\n/oauth/locationToken\n/oauth/token\n") : "/oauth/token\n";
  CHECK(far.asked() == once + tags_read);
}

TEST_CASE("a company's token is exchanged for the location's, once, and again when that one ends") {
  OAuthBench far;
  far.connect("Company");
  CHECK(far.list() == nothing);
  CHECK(far.list() == nothing);
  CHECK(far.asked() == std::string("/oauth/locationToken\n") + tags_read + tags_read);
  CHECK(far.on_disk("local-1-canary"));
  far.now.seconds += 450;
  CHECK(far.list() == nothing);
  CHECK(far.asked() == std::string("/oauth/locationToken\n") + tags_read);
  far.now.seconds += 2000;
  CHECK(far.list() == nothing);
  CHECK(far.asked() == std::string("/oauth/token\n/oauth/locationToken\n") + tags_read);
  far.number += 1;  // neither is known any more
  far.exchanges += 1;
  CHECK(far.list().starts_with("unconnected: "));
}

TEST_CASE("nobody has agreed yet: that is said, and nothing is sent") {
  OAuthBench far;
  CHECK(far.vault.remove(entry_of("shop")));
  CHECK(far.list() == "unconnected: connection \"shop\" is not connected yet: do \"millrace connect shop\"");
  CHECK(far.asked().empty());
}

TEST_CASE("tokens go to no other address, and to no other application, than somebody has agreed to") {
  OAuthBench far;
  far.now.seconds += 900;
  CHECK(far.list() == nothing);  // of tokens of before nobody knows it; the next ones tell it
  CHECK(far.asked() == renewed_first);
  ConnectionSettings& shop = far.bench.project.connections[0];
  const ConnectionSettings agreed = shop;
  const std::string elsewhere = "http://localhost:" + std::to_string(far.bench.server->port());
  ConnectionSettings other_client = agreed, other_base = agreed, other_tokens = agreed, other_exchange = agreed;
  other_client.oauth->client_id = "another-app";
  other_base.base_url = elsewhere;
  other_tokens.oauth->token_url = elsewhere + "/oauth/token";
  other_exchange.oauth->location_token_url = elsewhere + "/oauth/locationToken";
  for (const ConnectionSettings& each : {other_client, other_base, other_tokens, other_exchange}) {
    shop = each;
    const std::string told = far.list();
    CHECK(told.starts_with("unconnected: connection \"shop\" was connected to http"));
    CHECK(told.find(" as the application app, which is not what millrace.yaml says now") != std::string::npos);
    CHECK(far.state().starts_with("not_connected connection \"shop\" was connected to"));
    const auto kept = far.kept->find("shop");
    CHECK(test::ask(far.bench.loop, far.renew("shop", (*kept)->version)).error().code == ErrorCode::denied);
    CHECK(far.asked().empty());
  }
  shop = agreed;
  shop.oauth->authorize_url = elsewhere + "/authorize";  // the browser goes there, and no token
  CHECK(far.list() == nothing);
  CHECK(far.state() == "ok ");
  shop = agreed;
  far.now.seconds += 2000;
  CHECK(far.list() == nothing);
  CHECK(far.asked() == std::string(tags_read) + renewed_first);
}

TEST_CASE("an endpoint that lets nobody in has no token renewed again and again, whatever others take meanwhile") {
  OAuthBench far;
  far.bench.answer_with([&](const IncomingRequest& request) {
    return request.path.ends_with("/closed") ? reply(401, not_known) : far.answer(request);
  });
  for (int turn = 0; turn < 5; ++turn) {
    CHECK(far.bench.perform("shop.tags.get", R"({"tag_id":"closed"})").starts_with("denied: "));
    CHECK(far.list() == nothing);
  }
  CHECK(far.renewals == 1);
  far.number += 1;  // what others take is forgotten at the far side, too
  far.connect();
  far.number += 1;
  CHECK(far.list().starts_with("unconnected: "));
  CHECK(far.renewals == 2);
  far.connect();
  far.bench.answer_with([&](const IncomingRequest& request) { return far.answer(request); });
  CHECK(far.bench.perform("shop.tags.get", R"({"tag_id":"closed"})").starts_with("{"));
}

TEST_CASE("a token without a next one is used to its end, and only then somebody has to agree anew") {
  OAuthBench far;
  far.connect("Location", false);
  far.now.seconds += 900;
  CHECK(far.list() == nothing);
  const auto kept = far.kept->find("shop");
  CHECK(test::ask(far.bench.loop, far.renew("shop", (*kept)->version)).error().code == ErrorCode::unconnected);
  CHECK(far.state() == "ok ");
  CHECK(far.list() == nothing);
  CHECK(far.renewals == 0);
  far.now.seconds += 100;
  CHECK(far.state().starts_with("needs_reconnect connection \"shop\" needs to be connected again"));
  CHECK(far.list().starts_with("unconnected: connection \"shop\" needs to be connected again"));
  far.connect("Location", false);
  CHECK(far.list() == nothing);
}

TEST_CASE("what is no tokens of the connection is told as that, with the way out") {
  OAuthBench far;
  CHECK(far.vault.put(entry_of("shop"), Secret("a secret of somebody's")));
  CHECK(far.list().find("\"millrace secret remove oauth_shop\"") != std::string::npos);
  CHECK(far.state().find("\"millrace secret remove oauth_shop\"") != std::string::npos);
  far.bench.project.connections[0].oauth->client_secret = "secret:oauth_shop";
  const auto client = oauth_client(far.bench.project.connections[0], nullptr, *far.bench.secrets);
  CHECK(client.error().message.find("where its tokens are kept") != std::string::npos);
}

TEST_CASE("no token comes back in what a far side says") {
  OAuthBench far;
  far.bench.answer_with([&](const IncomingRequest& request) {
    std::string all = request.body;
    for (const auto& [name, value] : request.headers) all += " " + value;
    return reply(400, "invalid grant: " + all);
  });
  CHECK(far.bench.perform("shop.tags.list").find("canary") == std::string::npos);
  far.now.seconds += 2000;
  const std::string told = far.list();
  CHECK(told.find("canary") == std::string::npos);
  CHECK(told.find(CourierBench::token) == std::string::npos);
}

}  // namespace millrace
