#include <doctest/doctest.h>

#include "running_sandbox.hpp"
#include "value/json.hpp"

using namespace millrace;
using test::Reply;
using test::RunningSandbox;

TEST_SUITE_BEGIN("sandbox");

namespace {

const std::string tags_of_page = "/page/social-media-posting/loc_main/tags";
const std::string statistics_of_page = "/page/social-media-posting/statistics";
const char* const empty_world = R"({"state": {"locations": [{"id": "loc_main"}, {"id": "loc_north"}]}})";

}  // namespace

TEST_CASE("in the page's words a tag is pushed by its id, or by its name, and updated where it is known") {
  RunningSandbox sandbox;
  sandbox.ask("POST", "/_sandbox/reset", Value(empty_world));
  const Reply made = sandbox.ask("POST", tags_of_page + "/details",
                                 Value(R"({"tagName": "VIP", "locationId": "loc_main", "color": "#fa0"})"));
  CHECK(made.status == 201);
  const std::string id = made.at("tag.tagId").text();
  CHECK(encode_json(made.body) == R"({"tag":{"tagName":"VIP","tagId":")" + id +
                                      R"(","locationId":"loc_main","color":"#fa0","description":null}})");
  const Reply same =
      sandbox.ask("POST", tags_of_page + "/details", Value(R"({"tagName": "vip", "description": "the best"})"));
  CHECK(same.status == 200);
  CHECK(same.at("tag.tagId") == Value(id));
  CHECK(same.at("tag.color") == Value("#fa0"));
  const Reply own = sandbox.ask("POST", tags_of_page + "/details", Value(R"({"tagName": "vip", "tagId": "sm_1"})"));
  CHECK(own.status == 201);
  CHECK(
      sandbox.ask("POST", tags_of_page + "/details", Value(R"({"tagName": "renamed", "tagId": "sm_1", "color": null})"))
          .status == 200);
  const Reply all = sandbox.ask("GET", tags_of_page);
  CHECK(all.at("tags").list().size() == 2);
  CHECK(all.at("tags.1.tagName") == Value("renamed"));
  CHECK(sandbox.ask("GET", "/page/social-media-posting/loc_north/tags").at("tags").list().empty());
  const Reply north = sandbox.ask("POST", "/page/social-media-posting/loc_north/tags/details",
                                  Value(R"({"tagName": "vip", "tagId": "sm_1"})"));
  CHECK(north.status == 201);
  CHECK(north.at("tag.locationId") == Value("loc_north"));
  CHECK(sandbox.ask("GET", "/locations/loc_main/tags").at("tags").list().empty());
}

TEST_CASE("in the page's words statistics are pushed and read back") {
  RunningSandbox sandbox;
  const std::string body =
      R"({"metrics":{"likes":7},"timestamp":"2026-03-01T00:00:00Z","locationId":"loc_main","userCount":3})";
  const Reply accepted = sandbox.ask("POST", statistics_of_page, Value(body));
  CHECK(accepted.status == 201);
  CHECK(encode_json(accepted.body) == R"({"accepted":true})");
  CHECK(encode_json(sandbox.ask("GET", statistics_of_page + "?locationId=loc_main").body) ==
        R"({"statistics":[)" + body + "]}");
  CHECK(sandbox.ask("GET", statistics_of_page + "?locationId=loc_north").at("statistics").list().empty());
  CHECK(sandbox.ask("GET", statistics_of_page).status == 422);
}

TEST_CASE(
    "what does not fit the page's words is refused with 422 in the published shape, what is not allowed as elsewhere") {
  RunningSandbox sandbox;
  for (const std::string body : {R"({})", R"({"tagName": " "})", R"({"tagName": "x", "colour": "red"})",
                                 R"({"tagName": "x", "locationId": "loc_north"})", R"({"tagName": "x", "tagId": 7})"}) {
    const Reply reply = sandbox.ask("POST", tags_of_page + "/details", Value(body));
    CHECK(reply.status == 422);
    CHECK(reply.at("error") == Value("Unprocessable Entity"));
    CHECK(reply.at("message").list().size() == 1);
  }
  for (const std::string body :
       {R"({"metrics": {}, "timestamp": "2026-03-01T00:00:00Z"})",
        R"({"metrics": [], "timestamp": "2026-03-01T00:00:00Z", "locationId": "loc_main"})",
        R"({"metrics": {}, "timestamp": "today", "locationId": "loc_main"})",
        R"({"metrics": {}, "timestamp": "2026-03-01T00:00:00Z", "locationId": "loc_main", "userCount": -1})"}) {
    CHECK(sandbox.ask("POST", statistics_of_page, Value(body)).status == 422);
  }
  HttpHeaders headers = test::usual_headers("sandbox-read-only");
  CHECK(sandbox.ask_with(headers, "GET", tags_of_page).status == 200);
  headers.add("Content-Type", "application/json");
  CHECK(sandbox.ask_with(headers, "POST", tags_of_page + "/details", R"({"tagName": "x"})").status == 401);
  CHECK(sandbox.ask_with({}, "GET", tags_of_page).status == 401);
  CHECK(sandbox.ask("GET", "/page/social-media-posting/nowhere/tags").status == 403);
}

TEST_CASE("faults and limits hold below /page, too") {
  RunningSandbox sandbox({"--limit", "2"});
  sandbox.ask("POST", "/_sandbox/faults", Value(R"({"path": "/page/*/tags", "status": 503})"));
  const Reply reply = sandbox.ask("GET", tags_of_page);
  CHECK(reply.status == 503);
  CHECK(reply.headers.find("X-RateLimit-Remaining"));
  CHECK(sandbox.ask("GET", tags_of_page).status == 200);
  CHECK(sandbox.ask("GET", statistics_of_page + "?locationId=loc_main").status == 200);
  CHECK(sandbox.ask("GET", tags_of_page).status == 429);
}

TEST_SUITE_END();
