#include <doctest/doctest.h>

#include <set>

#include "api/routes.hpp"
#include "routes_bench.hpp"
#include "value/json.hpp"

using namespace millrace;
using test::request;
using test::RoutesBench;

namespace {

const std::map<std::string, std::string> one_flow = {
    {"flow", "mode: live\ntriggers:\n  - manual\nactions:\n  - set: {done: true}\n"}};
const std::string host = "127.0.0.1:8710", own = "http://127.0.0.1:8710";
const char* const as_json = "application/json";

/// Somebody at a browser.
struct Browser : RoutesBench {
  Browser() : RoutesBench(one_flow) { REQUIRE(test::ask(loop, people->load())); }

  OutgoingResponse by_token(const std::string& line, const std::string& body = "") {
    return asked(
        request(line, body, {{"Host", host}, {"Authorization", "Bearer " + token}, {"X-Millrace-Who", "anna"}}));
  }

  std::string code(Role role = Role::admin) {
    return people->give_code("anna", Roles(role), std::chrono::minutes(1))->code;
  }

  OutgoingResponse enter(const std::string& code, std::map<std::string, std::string> headers = {}) {
    headers.insert({{"Host", host}, {"Sec-Fetch-Site", "same-origin"}, {"Content-Type", as_json}});
    return asked(request("POST /enter/code", R"({"code":")" + code + "\"}", headers));
  }

  void come_in(Role role = Role::admin) {
    const OutgoingResponse entered = enter(code(role));
    REQUIRE(entered.status == 200);
    const std::string* set = entered.headers.find("Set-Cookie");
    REQUIRE(set != nullptr);
    cookie = set->substr(0, set->find(';'));
    key = parse_json(entered.body)->text_or("key");
  }

  /// As the page asks; `other` is what is otherwise, and an empty value leaves a header out.
  OutgoingResponse by_page(const std::string& line, std::map<std::string, std::string> other = {}) {
    other.insert({{"Host", host},
                  {"Cookie", "theme=dark; " + cookie},
                  {"Sec-Fetch-Site", "same-origin"},
                  {"Origin", own},
                  {"X-Millrace-Key", key},
                  {"Content-Type", as_json}});
    std::erase_if(other, [](const auto& header) { return header.second.empty(); });
    return asked(request(line, line.starts_with("POST") ? "{}" : "", other));
  }

  std::string cookie, key;
};

}  // namespace

TEST_SUITE_BEGIN("api");

TEST_CASE("a code becomes a session: a cookie that no script reads, and a key that no cookie carries") {
  Browser bench;
  const auto given = parse_json(bench.by_token("POST /api/v1/session/codes").body);
  REQUIRE(given);
  const std::string code = given->text_or("code");
  CHECK(given->text_or("address") == own + "/enter#code=" + code);
  const OutgoingResponse entered = bench.enter(code);
  REQUIRE(entered.status == 200);
  const auto said = parse_json(entered.body);
  CHECK(said->text_or("who") == "anna by api");
  const std::string cookie = *entered.headers.find("Set-Cookie");
  CHECK(cookie.starts_with("millrace_8710="));
  CHECK(cookie.find("; HttpOnly; SameSite=Strict; Path=/; Max-Age=2592000") != std::string::npos);
  CHECK(cookie.find("Secure") == std::string::npos);
  CHECK(cookie.find(said->text_or("key")) == std::string::npos);
  CHECK(bench.enter(code).status == 403);
}

TEST_CASE("as long as nobody has a user the console opens on this machine only") {
  Browser bench;
  bench.project.public_url = "https://mill.example";
  bench.routes = bench.routes_before(*bench.service);
  REQUIRE(test::ask(bench.loop, bench.people->load()));
  for (const char* outside : {"mill.example", "mill.example:443"}) {
    const OutgoingResponse refused = bench.enter(bench.code(), {{"Host", outside}});
    CHECK(refused.status == 403);
    CHECK(refused.body.find("millrace user add") != std::string::npos);
  }
  for (const char* here : {"127.0.0.1:8710", "localhost:8710", "[::1]:8710"})
    CHECK(bench.enter(bench.code(), {{"Host", here}}).status == 200);
  REQUIRE(test::ask(bench.loop, bench.users->add("bert", Roles(Role::viewer), "anna")));
  CHECK(bench.enter(bench.code(), {{"Host", "mill.example"}}).status == 200);
}

TEST_CASE("over https the cookie is bound to the host and never goes out in the clear") {
  const std::string cookie = session_cookie("https://mill.example/flows", "secret");
  CHECK(cookie.starts_with("__Host-millrace=secret; HttpOnly; SameSite=Strict; Path=/; "));
  CHECK(cookie.ends_with("; Secure"));
  CHECK(session_cookie("http://127.0.0.1:8799", "s").starts_with("millrace_8799=s; "));
}

TEST_CASE("only a page of ours comes in: no other site, no other port, no other name, no form, no program") {
  Browser bench;
  CHECK(bench.enter(bench.code(), {{"Sec-Fetch-Site", "cross-site"}}).status == 403);
  CHECK(bench.enter(bench.code(), {{"Sec-Fetch-Site", "same-site"}}).status == 403);
  CHECK(bench.enter(bench.code(), {{"Host", "evil.example"}}).status == 403);
  CHECK(bench.enter(bench.code(), {{"Content-Type", "text/plain"}}).status == 415);
  CHECK(bench.asked(request("POST /enter/code", "{}", {{"Host", host}, {"Content-Type", as_json}})).status == 403);
  CHECK(bench.asked(request("POST /enter/code", "{}", {{"Host", host}, {"Origin", "null"}, {"Content-Type", as_json}}))
            .status == 403);
  CHECK(bench.people->list().empty());
}

TEST_CASE("whoever is in reads and acts under his own name") {
  Browser bench;
  bench.come_in();
  const auto session = parse_json(bench.by_page("GET /api/v1/session").body);
  REQUIRE(session);
  CHECK(session->text_or("who") == "anna");
  CHECK(session->text_or("zone") == bench.project.timezone);
  CHECK(bench.by_page("POST /api/v1/workflows/flow/pause", {{"X-Millrace-Who", "somebody else"}}).status == 200);
  CHECK(bench.workflow("flow").paused_by == "anna");
  CHECK(bench.by_page("POST /api/v1/workflows/flow/resume", {{"Sec-Fetch-Site", ""}}).status == 200);
}

TEST_CASE("a cookie without the rest is worth nothing") {
  Browser bench;
  bench.come_in();
  const auto pause = [&](std::map<std::string, std::string> other) {
    return bench.by_page("POST /api/v1/workflows/flow/pause", std::move(other)).status;
  };
  CHECK(pause({{"X-Millrace-Key", ""}}) == 401);
  CHECK(pause({{"X-Millrace-Key", bench.token}}) == 401);
  CHECK(pause({{"Sec-Fetch-Site", "same-site"}}) == 403);
  CHECK(pause({{"Sec-Fetch-Site", "cross-site"}}) == 403);
  CHECK(pause({{"Sec-Fetch-Site", "none"}}) == 403);
  CHECK(pause({{"Sec-Fetch-Site", ""}, {"Origin", ""}}) == 403);
  CHECK(pause({{"Sec-Fetch-Site", ""}, {"Origin", "null"}}) == 403);
  CHECK(pause({{"Sec-Fetch-Site", ""}, {"Origin", "http://127.0.0.1:9999"}}) == 403);
  CHECK(pause({{"Host", "evil.example"}}) == 403);
  CHECK(pause({{"Content-Type", "application/x-www-form-urlencoded"}}) == 415);
  CHECK(pause({{"Content-Type", ""}}) == 415);
  CHECK(pause({{"Cookie", "millrace_8710=" + std::string(43, 'A')}}) == 401);
  CHECK(pause({{"Cookie", "millrace_8710="}}) == 401);
  CHECK(pause({{"Authorization", "Bearer " + std::string(32, '0')}}) == 401);
  CHECK_FALSE(bench.workflow("flow").paused);
  CHECK(bench.by_page("GET /api/v1/runs", {{"Sec-Fetch-Site", "same-site"}}).status == 403);
  CHECK(bench.by_page("GET /api/v1/runs", {{"Sec-Fetch-Site", "none"}, {"Origin", ""}}).status == 200);
  CHECK(bench.by_page("GET /api/v1/nothing").status == 404);
}

TEST_CASE("a session that is signed out, or ended by somebody, is over") {
  Browser bench;
  bench.come_in();
  const OutgoingResponse left = bench.by_page("DELETE /api/v1/session");
  CHECK(left.status == 200);
  CHECK(left.headers.find("Set-Cookie")->starts_with("millrace_8710=; "));
  CHECK(left.headers.find("Set-Cookie")->find("Max-Age=0") != std::string::npos);
  CHECK(bench.by_page("GET /api/v1/session").status == 401);
  bench.come_in();
  const auto list = parse_json(bench.by_page("GET /api/v1/sessions").body);
  REQUIRE(list->find("sessions")->list().size() == 1);
  const std::string id = list->find("sessions")->list()[0].text_or("id");
  CHECK(bench.by_token("DELETE /api/v1/sessions/" + id).status == 200);
  CHECK(bench.by_token("DELETE /api/v1/sessions/" + id).status == 404);
  CHECK(bench.by_page("GET /api/v1/session").status == 401);
  CHECK(bench.by_token("DELETE /api/v1/session").status == 400);
}

TEST_CASE("before the service has read who is in nobody is sent out") {
  Browser bench;
  bench.come_in();
  Sessions unread(bench.store->journal(), *bench.clock);
  bench.routes =
      routes_of({bench.loop, *bench.service, *bench.store, bench.project, bench.catalog, *bench.courier, *bench.clock,
                 bench.metrics, unread, bench.feed, *bench.users, *bench.tokens, bench.token, host, bench.url});
  CHECK(bench.by_page("GET /api/v1/session").status == 503);
  REQUIRE(test::ask(bench.loop, unread.load()));
  CHECK(bench.by_page("GET /api/v1/session").status == 200);
}

TEST_CASE("a viewer is refused on every route that changes anything, and told the role that it takes") {
  Browser bench;
  bench.come_in(Role::viewer);
  for (const Route& route : all_routes()) {
    if (route.access != Access::token || right_of(route) == Right::read) continue;
    const std::string line = std::string(route.method) + " " + std::string(route.pattern);
    CAPTURE(line);
    const OutgoingResponse answer = bench.by_page(line);
    CHECK(answer.status == 403);
    CHECK(answer.body.find("this takes the role ") != std::string::npos);
  }
  CHECK(bench.by_page("GET /api/v1/runs").status == 200);
}

TEST_CASE("what writes is never open to whoever may only read, unless it is his own session") {
  const std::set<std::string_view> asks = {"/api/v1/check", "/api/v1/complete", "/api/v1/hover",
                                           "/api/v1/eval",  "/api/v1/diff",     "/api/v1/session"};
  for (const Route& route : all_routes()) {
    if (route.access != Access::token || route.method == "GET") continue;
    CAPTURE(route.pattern);
    CHECK((right_of(route) == Right::read) == asks.contains(route.pattern));
  }
}

TEST_SUITE_END();
