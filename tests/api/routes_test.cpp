#include "api/routes.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "api/openapi.hpp"
#include "plans_bench.hpp"
#include "schema/schema.hpp"
#include "value/json.hpp"

using namespace millrace;
using test::OneSecret;
using test::PlansBench;
using test::request;

namespace {

const std::map<std::string, std::string> guarded_flow = {
    {"flow",
     "mode: live\ntriggers:\n  - {webhook: flow, verify: {bearer: \"secret:sender\"}}\n  - manual\n"
     "actions:\n  - {for_each: '[1, 2]', as: one, do: [{set: {two: one}}]}\n  - approve: Go on?\n"}};

/// "POST /api/v1/workflows/{workflow}/pause"
std::string line_of(const Route& route) { return std::string(route.method) + " " + std::string(route.pattern); }

/// The same with the name of something that is there at its braces.
std::string filled(const Route& route, const std::string& run, const std::string& event, const std::string& version,
                   const std::string& plan) {
  std::string line = std::regex_replace(line_of(route), std::regex("\\{run(\\.\\.\\.)?\\}"), run);
  line = std::regex_replace(line, std::regex("\\{version\\}"), version);
  line = std::regex_replace(line, std::regex("\\{step\\}"), "0.0");
  line = std::regex_replace(line, std::regex("\\{plan\\}"), plan);
  line = std::regex_replace(line, std::regex("\\{event\\}"), event);
  return std::regex_replace(line, std::regex("\\{(workflow|session|user|token|(path|file)\\.\\.\\.)\\}"), "flow");
}

struct Refusals : PlansBench {
  Refusals() : PlansBench(guarded_flow) {
    close_plans();
    stop();
    secrets = std::make_unique<OneSecret>();
    start();
    open_plans();
    const auto started = test::ask(loop, service->start_run("flow", Value(Map()), "somebody"));
    REQUIRE(started);
    run = render(started->runs.front());
    event = render(started->event);
    version = workflow("flow").version;
    std::filesystem::create_directory(folder.path() / "output");
    std::ofstream(folder.path() / "output" / "flow") << "a report";
    plan = *plans->make({service->live("flow"), "workflows/flow.yaml", true, Value(Map()), "", "", {""}}, "somebody");
    pass(std::chrono::seconds(1));
  }

  int status(const Route& route, std::map<std::string, std::string> headers, const std::string& query = "") {
    headers.emplace("Host", "127.0.0.1:8710");
    return asked(request(filled(route, run, event, version, plan) + query, route.method == "POST" ? "{}" : "", headers))
        .status;
  }

  std::string run, event, version, plan;
};

std::string documented() {
  std::ifstream file(TEST_DATA "/../docs/reference/http.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_SUITE_BEGIN("api");

TEST_CASE("every route that wants a right refuses whoever comes without it, and does nothing") {
  Refusals bench;
  const std::string wrong = "Bearer " + std::string(32, '0');
  for (const Route& route : all_routes()) {
    CAPTURE(line_of(route));
    switch (route.access) {
      case Access::anyone:
        CHECK(bench.status(route, {}) == 200);
        break;
      case Access::enter:
        CHECK(bench.status(route, {}) == 403);
        CHECK(bench.status(route, {{"Authorization", "Bearer " + bench.token}}) == 403);
        CHECK(bench.status(route, {{"Sec-Fetch-Site", "same-site"}}) == 403);
        break;
      case Access::page:
        CHECK(bench.status(route, {}) == (route.pattern == "/" ? 200 : 404));
        CHECK(bench.status(route, {{"Host", "evil.example"}}) == 403);
        break;
      case Access::delivery:
        CHECK(bench.status(route, {}) == 401);
        CHECK(bench.status(route, {{"Authorization", wrong}}) == 401);
        CHECK(bench.status(route, {{"Authorization", "Bearer " + bench.token}}) == 401);
        break;
      case Access::token:
        CHECK(bench.status(route, {}) == 401);
        CHECK(bench.status(route, {{"Authorization", wrong}}) == 401);
        CHECK(bench.status(route, {{"Authorization", "Bearer the-right-one"}}) == 401);
        CHECK(bench.status(route, {{"Authorization", "Bearer " + bench.token}, {"Host", "evil.example"}}) == 403);
        CHECK(bench.status(route, {{"Authorization", "Bearer " + bench.token}, {"Origin", "http://evil.example"}}) ==
              403);
        break;
      case Access::approval_key:
        CHECK(bench.status(route, {}) == 404);
        CHECK(bench.status(route, {{"Authorization", "Bearer " + bench.token}}) == 404);
        CHECK(bench.status(route, {}, "?key=" + bench.token) == 404);
        CHECK(bench.status(route, {}, "?key=" + approval_key(bench.token, RunKey{1})) == 404);
        CHECK(bench.status(route, {{"Host", "evil.example"}},
                           "?key=" + approval_key(bench.token, *parse_run_key(bench.run))) == 403);
        break;
    }
  }
  CHECK_FALSE(bench.workflow("flow").paused);
  CHECK(bench.outcomes() == std::map<std::string, int>{{"waiting", 1}});
  CHECK(bench.facts().events == 1);
}

TEST_CASE("nothing is open but deliveries, what watches the service, the console's files, and the pages of approvals") {
  std::map<std::string, Access> of_pattern;
  for (const Route& route : all_routes()) {
    CAPTURE(line_of(route));
    const std::set<std::string_view> watched = {"/healthz", "/readyz", "/metrics"};
    Access expected = Access::token;
    if (route.pattern.starts_with("/hooks/")) expected = Access::delivery;
    if (route.pattern.starts_with("/approve/")) expected = Access::approval_key;
    if (route.pattern.starts_with("/enter/")) expected = Access::enter;
    if (route.pattern == "/" || route.pattern.starts_with("/assets/")) expected = Access::page;
    if (watched.contains(route.pattern)) expected = Access::anyone;
    CHECK(route.access == expected);
    CHECK(of_pattern.emplace(route.pattern, route.access).first->second == route.access);
    const std::set<std::string_view> methods = {"GET", "POST", "PUT", "DELETE"};
    CHECK(methods.contains(route.method));
  }
}

TEST_CASE("the reference lists every route with what opens it, and no other") {
  std::map<std::string, std::string> listed;
  const std::string guide = documented();
  const std::regex row("\n## ((?:GET|POST|PUT|DELETE) /[^\n]*)\n\n[^\n]*\n\nOpened by: ([a-z ]+)\\.");
  for (std::sregex_iterator found(guide.begin(), guide.end(), row), none; found != none; ++found)
    listed.emplace((*found)[1], (*found)[2]);
  std::map<std::string, std::string> there;
  for (const Route& route : all_routes()) there.emplace(line_of(route), std::string(name_of(route.access)));
  CHECK(listed == there);
}

TEST_CASE("what a route answers has the members that its row names, and the row of each says what it does") {
  Refusals bench;
  const std::map<std::string, std::string> right = {{"Host", "127.0.0.1:8710"},
                                                    {"Authorization", "Bearer " + bench.token}};
  const std::map<std::string, std::string> sent = {{"POST /api/v1/session/codes", ""},
                                                   {"POST /api/v1/runs/{run}/cancel", "{}"},
                                                   {"POST /api/v1/workflows/{workflow}/runs", R"({"event": {"a": 1}})"},
                                                   {"POST /api/v1/workflows/{workflow}/pause", ""},
                                                   {"POST /api/v1/workflows/{workflow}/resume", ""},
                                                   {"POST /api/v1/check", R"({"file": "a.yaml", "text": "x"})"},
                                                   {"POST /api/v1/complete", R"({"file": "a.yaml", "text": "x"})"},
                                                   {"POST /api/v1/hover", R"({"file": "a.yaml", "text": "x"})"},
                                                   {"POST /api/v1/eval", R"({"expression": "1 + 2"})"},
                                                   {"POST /api/v1/pause", ""},
                                                   {"POST /api/v1/resume", ""},
                                                   {"POST /api/v1/reload", ""}};
  for (const Route& route : all_routes()) {
    CAPTURE(line_of(route));
    CHECK(route.words.does.ends_with("."));
    CHECK_FALSE(route.words.answers.empty());
    const auto body = sent.find(line_of(route));
    if (route.access != Access::token || (route.method != "GET" && body == sent.end())) continue;
    const OutgoingResponse answer =
        bench.asked(request(filled(route, bench.run, bench.event, bench.version, bench.plan),
                            body == sent.end() ? "" : body->second, right));
    CHECK(answer.status == route.words.status);
    if (route.words.answers.front() != '`') continue;  // one whole thing, told in words
    const auto document = parse_json(answer.body);
    REQUIRE(document);
    const auto schema = Schema::parse(answer_schema(route));
    REQUIRE(schema);
    for (const ShapeProblem& problem : (*schema)->check(*document)) {
      CAPTURE(problem.pointer);
      FAIL_CHECK(problem.message);
    }
  }
}

TEST_CASE("the words of a route become the shape of its answer, and all of them a document") {
  const auto members = members_named("`a`: a note, with more, `b` (each `c`, `d` (`e`)), `f` and `g` (as of `h`), `i`");
  std::string text;
  for (const NamedMember& member : members) text += member.name + (member.list ? "[]" : "") + " ";
  CHECK(text == "a b[] f g i ");
  REQUIRE(members[1].inside.size() == 2);
  CHECK(members[1].inside[1].inside.front().name == "e");
  const Value document = openapi_document(all_routes());
  for (const Route& route : all_routes()) {
    const Value* path = document.find("paths")->find(std::string(route.pattern));
    CHECK((path != nullptr) == (route.access == Access::token));
  }
  const Value* runs = document.find("paths")->find("/api/v1/runs/{run}/steps/{step}/items")->find("get");
  std::string parameters;
  for (const Value& parameter : runs->find("parameters")->list()) parameters += parameter.text_or("name") + " ";
  CHECK(parameters == "run step after outcome limit ");
  CHECK(runs->find("responses")->find("404") != nullptr);
}

TEST_CASE("whoever says a word that a route does not know is told so, and nothing is done") {
  Refusals bench;
  const std::map<std::string, std::string> right = {{"Host", "127.0.0.1:8710"},
                                                    {"Authorization", "Bearer " + bench.token}};
  const auto refused = [&](const Route& route, const std::string& query, const std::string& body) {
    const std::string line = filled(route, bench.run, bench.event, bench.version, bench.plan);
    const OutgoingResponse answer = bench.asked(request(line + query, body, right));
    return answer.status == 400 && answer.body.find("\\\"dry_run\\\", which is not known here") != std::string::npos;
  };
  for (const Route& route : all_routes()) {
    if (route.access != Access::token || route.method == "GET") continue;
    CAPTURE(line_of(route));
    CHECK(refused(route, "", "{\"dry_run\":true}"));
    CHECK(refused(route, "?dry_run=true", ""));
  }
  CHECK_FALSE(bench.workflow("flow").paused);
  CHECK(bench.outcomes() == std::map<std::string, int>{{"waiting", 1}});
  CHECK(bench.facts().events == 1);
}

TEST_CASE("below the token nobody learns without it what is there; elsewhere everybody does") {
  Refusals bench;
  const std::map<std::string, std::string> none = {{"Host", "127.0.0.1:8710"}};
  std::map<std::string, std::string> right = none;
  right.emplace("Authorization", "Bearer " + bench.token);
  for (const char* line : {"GET /api/v1/nothing", "GET /api/v1/", "DELETE /api/v1/runs", "GET /api/v1/runs/%zz"}) {
    CAPTURE(line);
    CHECK(bench.asked(request(line, "", none)).status == 401);
  }
  CHECK(bench.asked(request("GET /api/v1/nothing", "", right)).status == 404);
  CHECK(bench.asked(request("GET /api/v1/runs/%zz", "", right)).status == 400);
  CHECK(bench.asked(request("GET /api/v1/runs/" + bench.run + "/more", "", right)).status == 404);
  for (const char* line : {"GET /nothing", "GET ", "GET /healthz/", "GET /api/v1", "GET /Healthz"}) {
    CAPTURE(line);
    CHECK(bench.asked(request(line, "", none)).status == 404);
  }
}

TEST_CASE("a wrong method is told the right ones, HEAD is asked like GET, and every answer says how it is kept") {
  Refusals bench;
  const std::map<std::string, std::string> right = {{"Host", "127.0.0.1:8710"},
                                                    {"Authorization", "Bearer " + bench.token}};
  const auto said = [&](const std::string& line, std::string_view name) {
    const OutgoingResponse answer = bench.asked(request(line, "", right));
    const std::string* value = answer.headers.find(name);
    return std::to_string(answer.status) + " " + (value == nullptr ? "none" : *value);
  };
  CHECK(said("POST /api/v1/runs", "Allow") == "405 GET, HEAD");
  CHECK(said("GET /api/v1/pause", "Allow") == "405 POST");
  CHECK(said("PUT /approve/" + bench.run + "?key=" + approval_key(bench.token, *parse_run_key(bench.run)), "Allow") ==
        "405 GET, HEAD, POST");
  CHECK(said("POST /metrics", "Allow") == "405 GET, HEAD");
  for (const char* line : {"HEAD /api/v1/runs", "HEAD /healthz", "GET /api/v1/status", "GET /metrics"}) {
    CAPTURE(line);
    CHECK(said(line, "Cache-Control") == "200 no-store");
    CHECK(said(line, "X-Content-Type-Options") == "200 nosniff");
  }
  CHECK(said("GET /nothing", "X-Content-Type-Options") == "404 nosniff");
}

TEST_SUITE_END();
