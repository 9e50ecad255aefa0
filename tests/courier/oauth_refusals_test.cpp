#include "oauth_bench.hpp"

namespace millrace {

using test::not_known;
using test::nothing;
using test::OAuthBench;
using test::renewed_first;
using test::reply;
using test::tags_read;

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

TEST_CASE("a person who renews asks once more, whatever was taken for a refusal before") {
  OAuthBench far;
  far.now.seconds += 2000;
  far.bench.answer_with([&](const IncomingRequest&) { return reply(401, R"({"message":"Unauthorized"})"); });
  CHECK(far.list().starts_with("unconnected: "));
  far.bench.arrived.clear();
  far.asks_anyway = true;
  CHECK(test::ask(far.bench.loop, far.renew("shop", far.version())).error().code == ErrorCode::unconnected);
  CHECK(far.asked() == "/oauth/token\n");
  CHECK(far.state().starts_with("needs_reconnect "));
  far.bench.answer_with([&](const IncomingRequest&) { return reply(503, "{}"); });
  CHECK(test::ask(far.bench.loop, far.renew("shop", far.version())).error().code == ErrorCode::unavailable);
  CHECK(far.state().starts_with("needs_reconnect "));  // that is no better
  far.bench.answer_with([&](const IncomingRequest& request) { return far.answer(request); });
  far.asks_anyway = false;
  CHECK(far.list().starts_with("unconnected: "));  // no run asks in vain
  far.asks_anyway = true;
  CHECK(test::ask(far.bench.loop, far.renew("shop", far.version())));
  CHECK(far.state() == "ok ");
  CHECK(far.list() == nothing);
}

TEST_CASE("a scope that is missing is told as one, wherever the far side says so, and renews nothing") {
  struct Refusal {
    int status;
    const char* body;
    const char* challenge;
    const char* says;
  };
  const char* bearer = R"(Bearer realm="shop", error="insufficient_scope", scope="tags.read tags.write")";
  const Refusal refusals[] = {{401, "{}", bearer, "(401: insufficient_scope: tags.read tags.write)"},
                              {401, R"({"message":"Unauthorized"})", "Bearer error=insufficient_scope",
                               "(401: insufficient_scope; Unauthorized)"},
                              {403, "", bearer, "(403: insufficient_scope: tags.read tags.write)"},
                              {403, R"({"message":"insufficient_scope"})", "", "(403: insufficient_scope)"}};
  for (const Refusal& refusal : refusals) {
    CAPTURE(refusal.says);
    OAuthBench far;
    far.bench.answer_with([&](const IncomingRequest&) {
      OutgoingResponse answer = reply(refusal.status, refusal.body);
      if (*refusal.challenge != '\0') answer.headers.set("WWW-Authenticate", refusal.challenge);
      return answer;
    });
    const std::string told = far.list();
    CHECK(told.starts_with("denied: "));
    CHECK(told.find(std::string("with this token ") + refusal.says +
                    ": grant the token the scope tags.read, and do \"millrace connect shop\" once more") !=
          std::string::npos);
    CHECK(far.asked() == tags_read);
  }
  OAuthBench far;  // a scope beside another error only says what would be asked for
  far.bench.answer_with([&](const IncomingRequest& request) {
    OutgoingResponse answer = far.answer(request);
    if (answer.status == 401)
      answer.headers.set("WWW-Authenticate", R"(Bearer error="invalid_token", scope="tags.read")");
    return answer;
  });
  far.now.seconds += 10;
  ++far.number;
  CHECK(far.list().starts_with("unconnected: "));
  CHECK(far.renewals == 1);
}

TEST_CASE("who has agreed for a location that the connection does not have is told so") {
  OAuthBench far;
  ConnectionSettings& shop = far.bench.project.connections[0];
  const auto agreed_for = [&](const std::string& location) {
    REQUIRE(far.kept->change("shop", [&](Tokens& tokens) { tokens.location = location; }));
    return far.state();
  };
  shop.locations = {"main", "south"};
  CHECK(agreed_for("main") == "ok ");
  CHECK(agreed_for("south") == "ok ");
  CHECK(agreed_for("") == "ok ");
  CHECK(agreed_for("north") ==
        "needs_reconnect connection \"shop\" is connected for location north, which is none of its locations (main, "
        "south): do \"millrace connect shop\" and choose one of these there, or put north under its locations in "
        "millrace.yaml");
  shop.all_locations = true;
  CHECK(far.state() == "ok ");
  far.takes_nothing = true;
  CHECK(far.list().ends_with("do \"millrace connect shop\" to get another, and choose main there"));
}

TEST_CASE("a refusal to give a location's token is judged as one of the token endpoint, and ends nothing by itself") {
  struct Refusal {
    int status;
    const char* body;
    const char* means;
  };
  const Refusal refusals[] = {{408, "", "unavailable"},
                              {425, "", "unavailable"},
                              {429, R"({"message":"slow down"})", "unavailable"},
                              {302, "", "unavailable"},
                              {400, R"({"error":"temporarily_unavailable"})", "unavailable"},
                              {503, "<html>busy</html>", "unavailable"},
                              {200, R"({"ok":false,"error":"ratelimited"})", "unavailable"},
                              {200, R"({"error":"access_denied"})", "denied"},
                              {403, R"({"message":"Forbidden"})", "denied"},
                              {404, R"({"message":"no such location"})", "denied"},
                              {422, R"({"message":"not installed there"})", "denied"}};
  for (const Refusal& refusal : refusals) {
    CAPTURE(refusal.status);
    CAPTURE(refusal.body);
    OAuthBench far;
    far.connect("Company");
    far.bench.answer_with([&](const IncomingRequest& request) {
      return request.path == "/oauth/locationToken" ? reply(refusal.status, refusal.body) : far.answer(request);
    });
    const std::string told = far.list();
    CHECK(told.substr(0, told.find(':')) == refusal.means);
    far.bench.answer_with([&](const IncomingRequest& request) { return far.answer(request); });
    far.bench.passed += std::chrono::minutes(2);
    CHECK(far.list() == nothing);
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

}  // namespace millrace
