#include <doctest/doctest.h>

#include "running_sandbox.hpp"
#include "value/json.hpp"

using namespace millrace;
using test::Reply;
using test::RunningSandbox;

TEST_SUITE_BEGIN("sandbox");

namespace {

Reply ask_token(RunningSandbox& sandbox, const std::string& form, const std::string& client = "shop") {
  HttpHeaders headers;
  headers.add("Content-Type", "application/x-www-form-urlencoded");
  return sandbox.ask_with(headers, "POST", "/oauth/token", "client_id=" + client + "&client_secret=s&" + form);
}

int status_of_tags(RunningSandbox& sandbox, const std::string& token, const std::string& location = "loc_main") {
  return sandbox.ask_with(test::usual_headers(token), "GET", "/locations/" + location + "/tags").status;
}

void set_clock(RunningSandbox& sandbox, const char* now) {
  CHECK(sandbox.ask("POST", "/_sandbox/clock", Value::object({{"now", now}})).status == 200);
}

const std::string first_refresh = "grant_type=refresh_token&refresh_token=sandbox-refresh-token";

}  // namespace

TEST_CASE("a refresh token gives a new pair, and is refused when it comes again") {
  RunningSandbox sandbox;
  const Reply pair = ask_token(sandbox, first_refresh);
  CHECK(pair.status == 200);
  CHECK(pair.at("token_type") == Value("Bearer"));
  CHECK(pair.at("expires_in") == Value(86399));
  CHECK(pair.at("userType") == Value("Company"));
  CHECK(status_of_tags(sandbox, pair.at("access_token").text()) == 200);
  CHECK(encode_json(ask_token(sandbox, first_refresh).body) ==
        R"({"statusCode":400,"message":"Invalid grant: this refresh token is not known, or was used before"})");

  const std::string second = "grant_type=refresh_token&refresh_token=" + pair.at("refresh_token").text();
  CHECK(ask_token(sandbox, second, "another").status == 400);
  const Reply next = ask_token(sandbox, second);
  CHECK(next.status == 200);
  CHECK(next.at("refresh_token") != pair.at("refresh_token"));
  CHECK(ask_token(sandbox, second).status == 400);
  CHECK(status_of_tags(sandbox, pair.at("access_token").text()) == 200);
}

TEST_CASE("an access token expires by the clock of the world") {
  RunningSandbox sandbox;
  set_clock(sandbox, "2026-03-01T12:00:00Z");
  const std::string token = ask_token(sandbox, first_refresh).at("access_token").text();
  set_clock(sandbox, "2026-03-02T11:59:58Z");
  CHECK(status_of_tags(sandbox, token) == 200);
  set_clock(sandbox, "2026-03-02T11:59:59Z");
  CHECK(status_of_tags(sandbox, token) == 401);
  CHECK(status_of_tags(sandbox, "sandbox-token") == 200);
  CHECK(sandbox.ask("POST", "/_sandbox/clock", Value::object({{"now", "noon"}})).status == 400);
}

TEST_CASE("a code is good once, and a token for a location opens no other") {
  RunningSandbox sandbox;
  const Reply one = ask_token(sandbox, "grant_type=authorization_code&code=abc&user_type=Location");
  CHECK(one.status == 200);
  CHECK(one.at("locationId") == Value("loc_main"));
  CHECK(status_of_tags(sandbox, one.at("access_token").text()) == 200);
  CHECK(status_of_tags(sandbox, one.at("access_token").text(), "loc_north") == 403);
  CHECK(ask_token(sandbox, "grant_type=authorization_code&code=abc").status == 400);
  CHECK(ask_token(sandbox, "grant_type=authorization_code").status == 422);
  CHECK(ask_token(sandbox, "grant_type=password").status == 422);
  CHECK(ask_token(sandbox, "grant_type=client_credentials").at("refresh_token").is_null());
  CHECK(sandbox.ask("POST", "/oauth/token", Value::object({{"grant_type", "refresh_token"}})).status == 422);
}

TEST_CASE("a company's token is exchanged for a location's") {
  RunningSandbox sandbox;
  HttpHeaders headers = test::usual_headers(ask_token(sandbox, first_refresh).at("access_token").text());
  headers.add("Content-Type", "application/x-www-form-urlencoded");
  const Reply north = sandbox.ask_with(headers, "POST", "/oauth/locationToken", "companyId=c&locationId=loc_north");
  CHECK(north.status == 200);
  CHECK(status_of_tags(sandbox, north.at("access_token").text(), "loc_north") == 200);
  CHECK(status_of_tags(sandbox, north.at("access_token").text()) == 403);
  CHECK(sandbox.ask_with(headers, "POST", "/oauth/locationToken", "companyId=c&locationId=nowhere").status == 403);
  CHECK(sandbox.ask_with(headers, "POST", "/oauth/locationToken", "companyId=c").status == 422);
}

TEST_CASE("a reset forgets issued tokens, and neither the state nor the log tells them") {
  RunningSandbox sandbox;
  const Reply pair = ask_token(sandbox, first_refresh);
  const std::string access = pair.at("access_token").text(), refresh = pair.at("refresh_token").text();
  CHECK(status_of_tags(sandbox, access) == 200);
  ask_token(sandbox, "grant_type=refresh_token&refresh_token=" + refresh);
  for (const std::string path : {"/_sandbox/state", "/_sandbox/requests"}) {
    const std::string text = encode_json(sandbox.ask("GET", path).body);
    CHECK(text.find(access) == std::string::npos);
    CHECK(text.find(refresh) == std::string::npos);
    CHECK(text.find("sandbox-refresh-token") == std::string::npos);
  }
  sandbox.ask("POST", "/_sandbox/reset");
  CHECK(status_of_tags(sandbox, access) == 401);
  CHECK(ask_token(sandbox, first_refresh).status == 200);
}

TEST_CASE(
    "whoever lets an application in is sent back with a code, which is good for what was asked and for nobody else") {
  RunningSandbox sandbox;
  CHECK(sandbox.ask("POST", "/_sandbox/tokens", Value::object({{"issued_codes_only", true}})).status == 200);
  const std::string asked =
      "/v2/oauth/chooselocation?response_type=code&client_id=shop&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fback"
      "&scope=locations%2Ftags.readonly%20no.such&state=s1"
      "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
  CHECK(sandbox.ask("GET", asked).status == 200);
  CHECK(sandbox.ask("GET", "/v2/oauth/chooselocation?response_type=code").status == 400);
  const auto code = [&](const std::string& choice) {
    const Reply sent = sandbox.ask("GET", asked + "&choose=" + choice);
    CHECK(sent.status == 302);
    const std::string to = *sent.headers.find("Location");
    CHECK(to.starts_with("http://127.0.0.1:1/back?"));
    CHECK(to.ends_with("&state=s1"));
    return to.substr(to.find('?') + 1, to.find('&') - to.find('?') - 1);  // "code=..."
  };
  CHECK(code("nobody") == "error=access_denied");
  const std::string rest =
      "&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fback&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const std::string grant = "grant_type=authorization_code&";
  CHECK(ask_token(sandbox, grant + "code=made-up" + rest).status == 400);
  CHECK(ask_token(sandbox, grant + code("loc_north") + rest, "another").status == 400);
  CHECK(ask_token(sandbox, grant + code("loc_north") + rest + "x").status == 400);
  CHECK(ask_token(sandbox, grant + code("loc_north")).status == 400);
  const Reply tokens = ask_token(sandbox, grant + code("loc_north") + rest);
  CHECK(tokens.status == 200);
  CHECK(tokens.at("locationId") == Value("loc_north"));
  CHECK(tokens.at("scope") == Value("locations/tags.readonly"));
  const std::string token = tokens.at("access_token").text();
  CHECK(status_of_tags(sandbox, token, "loc_north") == 200);
  CHECK(status_of_tags(sandbox, token) == 403);
  CHECK(sandbox.ask_with(test::usual_headers(token), "GET", "/social-media-posting/loc_north/tags").status == 401);
}

TEST_CASE("where the rules say so, a refresh token that comes again ends all that came of the same consent") {
  RunningSandbox sandbox;
  const auto rules = [&](const Value& said) { return sandbox.ask("POST", "/_sandbox/tokens", said); };
  rules(Value::object({{"reuse_revokes", true}, {"lifetime_seconds", 60}}));
  const Reply first = ask_token(sandbox, "grant_type=authorization_code&code=abc");
  CHECK(first.at("expires_in") == Value(60));
  const std::string once = "grant_type=refresh_token&refresh_token=" + first.at("refresh_token").text();
  const Reply second = ask_token(sandbox, once);
  CHECK(status_of_tags(sandbox, second.at("access_token").text()) == 200);
  CHECK(ask_token(sandbox, once).status == 400);
  CHECK(status_of_tags(sandbox, first.at("access_token").text()) == 401);
  CHECK(status_of_tags(sandbox, second.at("access_token").text()) == 401);
  CHECK(ask_token(sandbox, "grant_type=refresh_token&refresh_token=" + second.at("refresh_token").text()).status ==
        400);
  CHECK(encode_json(rules(Map()).body) == R"({"refreshed":1,"refused":2})");
  CHECK(rules(Value::object({{"lifetime", 1}})).status == 400);
}

TEST_CASE("where the rules say so, a company's token opens a location only after it was exchanged") {
  RunningSandbox sandbox;
  sandbox.ask("POST", "/_sandbox/tokens", Value::object({{"company_exchanges", true}}));
  const std::string company = ask_token(sandbox, first_refresh).at("access_token").text();
  CHECK(status_of_tags(sandbox, company) == 403);
  HttpHeaders headers = test::usual_headers(company);
  headers.add("Content-Type", "application/x-www-form-urlencoded");
  const Reply main = sandbox.ask_with(headers, "POST", "/oauth/locationToken", "companyId=c&locationId=loc_main");
  CHECK(status_of_tags(sandbox, main.at("access_token").text()) == 200);
  CHECK(status_of_tags(sandbox, "sandbox-token") == 200);
}

TEST_SUITE_END();
