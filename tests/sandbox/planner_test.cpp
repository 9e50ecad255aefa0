#include <doctest/doctest.h>

#include "running_sandbox.hpp"
#include "value/json.hpp"

using namespace millrace;
using test::parsed_json;
using test::Reply;
using test::RunningSandbox;

TEST_SUITE_BEGIN("sandbox");

namespace {

const std::string planner = "/social-media-posting/loc_main";
const std::string statistics = "/social-media-posting/statistics?locationId=loc_main";

/// Accounts: a page on Facebook, a page and a person on LinkedIn, and one on Threads; posts on the first two.
const char* const small_world =
    R"({"state": {"now": "2026-03-11T15:00:00Z", "locations": [{"id": "loc_main"}, {"id": "loc_north"}],
  "social_accounts": [
    {"id": "a1", "profileId": "p1", "platform": "facebook", "type": "page", "locationId": "loc_main"},
    {"id": "a2", "profileId": "p2", "platform": "linkedin", "type": "page", "locationId": "loc_main"},
    {"id": "a3", "profileId": "p3", "platform": "linkedin", "type": "profile", "locationId": "loc_main"},
    {"id": "a4", "profileId": "p4", "platform": "threads", "type": "profile", "locationId": "loc_main"},
    {"id": "a5", "profileId": "p5", "platform": "facebook", "type": "page", "locationId": "loc_north"}],
  "social_posts": [
    {"_id": "x1", "locationId": "loc_main", "accountIds": ["a1"], "displayDate": "2026-03-01T00:00:00.000Z", "tags": ["t1"]},
    {"_id": "x2", "locationId": "loc_main", "accountIds": ["a2"], "displayDate": "2026-03-02T00:00:00.000Z", "createdBy": "user_ada"},
    {"_id": "x3", "locationId": "loc_main", "accountIds": ["a1", "a2"], "displayDate": "2026-03-03T00:00:00.000Z", "status": "scheduled"},
    {"_id": "x4", "locationId": "loc_main", "accountIds": ["a1"], "displayDate": "2026-03-04T00:00:00.000Z", "status": "deleted"},
    {"_id": "x5", "locationId": "loc_north", "accountIds": ["a5"], "displayDate": "2026-03-02T00:00:00.000Z"}]}})";

struct Planner : RunningSandbox {
  Planner() {
    const Reply reply = ask("POST", "/_sandbox/reset", Value(small_world));
    REQUIRE_MESSAGE(reply.status == 200, encode_json(reply.body));
  }

  Reply posts(const std::string& more, const std::string& from = "2026-01-01T00:00:00Z",
              const std::string& to = "2026-12-31T00:00:00Z") {
    return ask("POST", planner + "/posts/list",
               Value(R"({"fromDate": ")" + from + R"(", "toDate": ")" + to + R"(", )" + more + "}"));
  }
  /// The posts' ids, in order, and how many fit in all: "x2 x1 of 3".
  std::string found(const std::string& more, const std::string& skip = "0", const std::string& limit = "10") {
    const Reply reply =
        posts(R"("skip": ")" + skip + R"(", "limit": ")" + limit + R"(", "includeUsers": "false")" + more);
    CHECK(reply.status == 201);
    std::string text;
    const Value page = reply.at("results.posts");
    for (const Value& post : page.list()) text += post.text_or("_id") + " ";
    return text + "of " + encode_json(reply.at("results.count"));
  }
  Reply figures(const std::string& body, const std::string& version = "2021-07-28") {
    HttpHeaders headers = test::usual_headers();
    headers.set("Version", version);
    headers.add("Content-Type", "application/json");
    return ask_with(headers, "POST", statistics, body);
  }
  Reply range(const std::string& from, const std::string& to, const std::string& more = "") {
    return figures(R"({"profileIds": ["p1", "p2"], "currentRange": {"startDate": ")" + from +
                       R"(T00:00:00.000Z", "endDate": ")" + to + R"(T23:59:59.999Z"})" + more + "}",
                   "v3");
  }
};

std::int64_t sum(const Value& list) {
  std::int64_t total = 0;
  for (const Value& item : list.list()) total += item.integer();
  return total;
}

}  // namespace

TEST_CASE("accounts are those of the location, without what the documents do not know") {
  Planner sandbox;
  const Reply reply = sandbox.ask("GET", planner + "/accounts");
  CHECK(reply.status == 200);
  CHECK(reply.at("results.accounts").list().size() == 4);
  CHECK(encode_json(reply.at("results.accounts.0")) ==
        R"({"id":"a1","profileId":"p1","platform":"facebook","type":"page"})");
  CHECK(reply.at("results.groups").list().empty());
}

TEST_CASE("posts are listed by time, kind and account, the newest first, with text for numbers") {
  Planner sandbox;
  CHECK(sandbox.found("") == "x3 x2 x1 of 3");
  CHECK(sandbox.found("", "1", "1") == "x2 of 3");
  CHECK(sandbox.found(R"(, "type": "scheduled")") == "x3 of 1");
  CHECK(sandbox.found(R"(, "type": "deleted")") == "x4 of 1");
  CHECK(sandbox.found(R"(, "accounts": "a2, nobody")") == "x3 x2 of 2");
  CHECK(sandbox.found(R"(, "postType": "story")") == "of 0");
  const std::string usual = R"("skip": "0", "limit": "10", "includeUsers": "true")";
  const Reply some = sandbox.posts(usual, "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z");
  CHECK(some.at("results.posts").list().size() == 2);
  CHECK(some.at("results.posts.0.user.firstName") == Value("Ada"));
  CHECK(some.at("results.posts.1.tags.0") == Value("t1"));
  CHECK(some.at("results.posts.1.error") == Value(""));

  CHECK(sandbox.posts(R"("skip": 0, "limit": "10", "includeUsers": "true")").status == 422);
  CHECK(sandbox.posts(R"("limit": "10", "includeUsers": "true")").status == 422);
  CHECK(sandbox.posts(R"("skip": "0", "limit": "ten", "includeUsers": "true")").status == 422);
  CHECK(sandbox.posts(usual, "yesterday").status == 422);
  CHECK(sandbox.ask("GET", planner + "/posts/x2").at("results.post._id") == Value("x2"));
  CHECK(sandbox.ask("GET", planner + "/posts/x5").status == 400);
}

TEST_CASE("statistics tell of the seven days before today, and of the networks that are counted") {
  Planner sandbox;
  const Reply reply = sandbox.figures(R"({"profileIds": ["p1", "p2", "p3", "p4", "p5", "unknown", "p1"]})");
  CHECK(reply.status == 201);
  CHECK(encode_json(reply.at("results.dayRange")) == R"(["Wed","Thu","Fri","Sat","Sun","Mon","Tue"])");
  CHECK(reply.at("results.breakdowns.posts.platforms").map().size() == 2);
  CHECK(reply.at("message") == Value("Analytics Built Successfully"));
  const Value alone = sandbox.figures(R"({"profileIds": ["p1"]})").at("results");
  CHECK(*alone.find("platformTotals")->find("likes")->find("facebook") ==
        reply.at("results.platformTotals.likes.facebook"));

  CHECK(reply.at("results.platformTotals.followers.facebook.total") ==
        reply.at("results.platformTotals.followers.facebook.series.6"));
  const Value likes = reply.at("results.postPerformance.likes");
  CHECK(likes.list().size() == 7);
  CHECK(Value(sum(likes)) == reply.at("results.totals.likes"));
  CHECK(reply.at("results.breakdowns.impressions.total") == reply.at("results.totals.impressions"));
  CHECK(sandbox.figures(R"({"profileIds": ["p1", "p2"], "platforms": ["linkedin"]})")
            .at("results.platformTotals.likes")
            .map()
            .size() == 1);
  const Reply nothing = sandbox.figures(R"({"profileIds": ["p4"]})");
  CHECK(sum(nothing.at("results.postPerformance.impressions")) == 0);
}

TEST_CASE("the figures of a day are the same in every range, at every time, and others for another seed") {
  Planner sandbox;
  const Reply usual = sandbox.figures(R"({"profileIds": ["p1", "p2"]})");
  const Reply same =
      sandbox.range("2026-03-04", "2026-03-10",
                    R"(, "prevRange": {"startDate": "2026-02-25T00:00:00Z", "endDate": "2026-03-03T00:00:00Z"})");
  CHECK(same.status == 200);
  CHECK(same.at("results") == usual.at("results"));
  const Reply alone = sandbox.range("2026-03-05", "2026-03-05");
  CHECK(alone.at("results.postPerformance.impressions.0") == usual.at("results.postPerformance.impressions.1"));
  CHECK(alone.at("results.platformTotals.followers.facebook.total") ==
        usual.at("results.platformTotals.followers.facebook.series.1"));
  CHECK(alone.at("results.breakdowns.posts.totalChange").is_null());
  CHECK(alone.at("results.breakdowns.engagement.facebook.change").is_null());

  CHECK(sandbox.ask("POST", "/_sandbox/clock", parsed_json(R"({"now": "2026-03-12T00:00:00Z"})")).status == 200);
  const Reply later = sandbox.figures(R"({"profileIds": ["p1", "p2"]})");
  CHECK(later.at("results.postPerformance.likes.0") == usual.at("results.postPerformance.likes.1"));
  CHECK(later.at("results.dayRange.6") == Value("Wed"));

  Value state = sandbox.ask("GET", "/_sandbox/state").body;
  CHECK(*state.find("now") == Value("2026-03-12T00:00:00Z"));
  Map other = state.map();
  other.set("statistics_seed", 99);
  CHECK(sandbox.ask("POST", "/_sandbox/reset", Value::object({{"state", Value(other)}})).status == 200);
  CHECK_FALSE(sandbox.figures(R"({"profileIds": ["p1", "p2"]})").at("results") == later.at("results"));
}

TEST_CASE("a range has no figures of days that are not over") {
  Planner sandbox;
  CHECK(sandbox.range("2026-03-09", "2026-03-15").at("results.dayRange").list().size() == 2);
  const Reply ahead = sandbox.range("2026-03-11", "2026-03-15");
  CHECK(ahead.status == 200);
  CHECK(ahead.at("results.postPerformance.likes").list().empty());
}

TEST_CASE("statistics that are asked for wrongly are refused as each version does") {
  Planner sandbox;
  CHECK(sandbox.figures("{}").status == 422);
  CHECK(sandbox.figures(R"({"profileIds": []})").status == 422);
  CHECK(sandbox.figures(R"({"profileIds": ["p1"], "platforms": ["threads"]})").status == 422);
  CHECK(sandbox.figures(R"({"profileIds": ["p1"], "platforms": ["threads"]})", "v3").status == 400);
  CHECK(sandbox.figures("").status == 201);
  CHECK(sandbox.figures("", "v3").status == 400);
  CHECK(sandbox.figures(R"({"profileIds": ["p1"]})", "v4").status == 422);
  CHECK(sandbox.ask("POST", "/social-media-posting/statistics", parsed_json(R"({"profileIds": ["p1"]})")).status ==
        422);
  std::string many = R"("p")";
  for (int count = 0; count < 100; ++count) many += R"(, "p")";
  CHECK(sandbox.figures(R"({"profileIds": [)" + many + "]}").status == 400);

  const auto refused = [&](const std::string& ranges) {
    const Reply reply = sandbox.figures(R"({"profileIds": ["p1"], )" + ranges + "}", "v3");
    CHECK(reply.status == 400);
    return reply.at("message").is_text() ? reply.at("message").text() : "";
  };
  CHECK(refused(R"("currentRange": {"startDate": "yesterday", "endDate": "2026-03-01T00:00:00Z"})")
            .starts_with("currentRange.startDate"));
  CHECK(refused(R"("currentRange": {"startDate": "2026-03-02T00:00:00Z", "endDate": "2026-03-01T00:00:00Z"})") ==
        "currentRange: startDate lies after endDate");
  CHECK(refused(R"("prevRange": {"startDate": "2026-03-01T00:00:00Z", "endDate": "2026-03-01T00:00:00Z"})") ==
        "prevRange: needs currentRange beside it");
  CHECK(refused(R"("currentRange": {"startDate": "0001-01-01T00:00:00Z", "endDate": "2026-03-01T00:00:00Z"})")
            .find("366") != std::string::npos);
}

TEST_SUITE_END();
