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

TEST_SUITE_END();
