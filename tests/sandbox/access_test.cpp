#include <doctest/doctest.h>

#include "running_sandbox.hpp"
#include "value/json.hpp"

using namespace millrace;
using test::location_tags;
using test::Reply;
using test::RunningSandbox;
using test::usual_headers;

TEST_SUITE_BEGIN("sandbox");

namespace {

std::string header(const Reply& reply, std::string_view name) {
  const std::string* value = reply.headers.find(name);
  return value ? *value : "(none)";
}

}  // namespace

TEST_CASE("a token that is missing or unknown is refused with 401") {
  RunningSandbox sandbox({"--token", "abc"});
  HttpHeaders none;
  none.add("Version", "2021-07-28");
  HttpHeaders basic = none;
  basic.add("Authorization", "Basic abc");
  for (const HttpHeaders& headers : {none, basic, usual_headers("sandbox-token"), usual_headers("")}) {
    const Reply reply = sandbox.ask_with(headers, "GET", location_tags);
    CHECK(reply.status == 401);
    CHECK(encode_json(reply.body) ==
          R"({"statusCode":401,"message":"Invalid token: access token is invalid","error":"Unauthorized"})");
  }
  CHECK(sandbox.ask_with(usual_headers("abc"), "GET", location_tags).status == 200);
}

TEST_CASE("a token without the scope is refused with 401 and words of its own") {
  RunningSandbox sandbox;
  HttpHeaders headers = usual_headers("sandbox-read-only");
  CHECK(sandbox.ask_with(headers, "GET", location_tags).status == 200);
  headers.add("Content-Type", "application/json");
  const Reply reply = sandbox.ask_with(headers, "POST", location_tags, R"({"name": "x"})");
  CHECK(encode_json(reply.body) ==
        R"({"statusCode":401,"message":"The token is not authorized for this scope.","error":"Unauthorized"})");
}

TEST_CASE("a location that the token does not open, or that does not exist, is refused with 403") {
  RunningSandbox sandbox;
  CHECK(sandbox.ask_with(usual_headers("sandbox-north-only"), "GET", "/locations/loc_north/tags").status == 200);
  const Reply closed = sandbox.ask_with(usual_headers("sandbox-north-only"), "GET", location_tags);
  CHECK(closed.status == 403);
  CHECK(encode_json(closed.body) ==
        R"({"statusCode":403,"message":"The token does not have access to this location."})");
  CHECK(sandbox.ask("GET", "/locations/nowhere/tags").status == 403);
}

TEST_CASE("the version is asked for after the token") {
  RunningSandbox sandbox;
  HttpHeaders headers;
  headers.add("Authorization", "Bearer sandbox-token");
  CHECK(sandbox.ask_with(headers, "GET", location_tags).status == 422);
  headers.add("Version", "v3");
  CHECK(sandbox.ask_with(headers, "GET", location_tags).status == 422);
  headers.set("Authorization", "Bearer wrong");
  CHECK(sandbox.ask_with(headers, "GET", location_tags).status == 401);
}

TEST_CASE("what is not in the documents does not exist") {
  RunningSandbox sandbox;
  for (const std::string path :
       {"/", "/locations", "/locations/loc_main/tags/a/b", "/locations/loc_main/tags/", "/_sandbox/nothing"}) {
    CHECK(sandbox.ask("GET", path).status == 404);
  }
  CHECK(sandbox.ask("PATCH", location_tags, Value(Map())).status == 404);
}

TEST_CASE("each location has its budget, and the headers tell what is left of it") {
  RunningSandbox sandbox({"--limit", "2"});
  const Reply first = sandbox.ask("GET", location_tags);
  CHECK(header(first, "X-RateLimit-Max") == "2");
  CHECK(header(first, "X-RateLimit-Remaining") == "1");
  CHECK(header(first, "X-RateLimit-Interval-Milliseconds") == "10000");
  CHECK(header(first, "X-RateLimit-Limit-Daily") == "200000");
  CHECK(header(first, "X-RateLimit-Daily-Remaining") == "199999");
  CHECK(header(sandbox.ask("GET", location_tags), "X-RateLimit-Remaining") == "0");

  const Reply refused = sandbox.ask("POST", location_tags, Value::object({{"name", "too much"}}));
  CHECK(refused.status == 429);
  CHECK(refused.at("statusCode") == Value(429));
  CHECK(header(refused, "X-RateLimit-Remaining") == "0");
  CHECK(sandbox.ask("GET", "/locations/loc_north/tags").status == 200);
  CHECK(encode_json(sandbox.ask("GET", "/_sandbox/state").body).find("too much") == std::string::npos);

  sandbox.ask("POST", "/_sandbox/reset");
  CHECK(sandbox.ask("GET", location_tags).status == 200);
}

TEST_CASE("the budget is a hundred unless said, and none with --limit off") {
  RunningSandbox usual;
  CHECK(header(usual.ask("GET", location_tags), "X-RateLimit-Remaining") == "99");
  RunningSandbox unlimited({"--limit=off"});
  CHECK(header(unlimited.ask("GET", location_tags), "X-RateLimit-Remaining") == "(none)");
}

TEST_CASE("the program ends with 0 when it is asked to, and says what it cannot do") {
  RunningSandbox sandbox;
  CHECK(test::run_sandbox({"--listen", "127.0.0.1:" + std::to_string(sandbox.port())}) == 3);
  CHECK(test::run_sandbox({"--limit", "many"}) == 2);
  CHECK(test::run_sandbox({"--lisen", "127.0.0.1:0"}) == 2);
  CHECK(test::run_sandbox({"--help"}) == 0);
  CHECK(sandbox.end() == 0);
}

TEST_SUITE_END();
