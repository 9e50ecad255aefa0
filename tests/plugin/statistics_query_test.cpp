#include "plugin/statistics_bench.hpp"

using namespace millrace;
using namespace millrace::test;

TEST_SUITE_BEGIN("plugin");

TEST_CASE("a query sums the days, keeps the followers' last level, and compares with the period before") {
  Statistics statistics;
  statistics.with_accounts({"facebook"});
  statistics.answers = {facebook(4)};
  statistics.collect(R"({"days": 4})");
  const Value told = statistics.query(R"({"days": 2})");
  CHECK(
      part(told, "rows") ==
      R"([{"date":"2026-09-19","location_id":"loc","platform":"facebook","posts":3,"impressions":120,"likes":12,"comments":null,"followers":52},)"
      R"({"date":"2026-09-20","location_id":"loc","platform":"facebook","posts":4,"impressions":130,"likes":13,"comments":null,"followers":53}])");
  CHECK(part(told, "totals") == R"({"posts":7,"impressions":250,"likes":25,"comments":7,"followers":53})");
  CHECK(part(told, "previous") == R"({"posts":3,"impressions":210,"likes":21,"comments":3,"followers":51})");
  CHECK(part(told, "change") ==
        R"({"posts":133.33,"impressions":19.05,"likes":19.05,"comments":133.33,"followers":3.92})");
  CHECK(part(told, "engagement_rate") == "0.128");
  CHECK(part(told, "missing_days") == "[]");
}

TEST_CASE(
    "periods are compared only where both are known for the same number of days, and the answer says for how many") {
  Statistics statistics;
  statistics.with_accounts({"facebook"});
  statistics.answers = {facebook(3)};
  statistics.collect(R"({"days": 3})");
  const Value told = statistics.query(R"({"days": 2})");
  CHECK(part(told, "days_with_data") + part(told, "previous_days_with_data") == "21");
  CHECK(part(told, "change") == R"({"posts":null,"impressions":null,"likes":null,"comments":null,"followers":null})");
  CHECK(part(told, "previous").find("\"posts\":null") == std::string::npos);
}

TEST_CASE("days that were never collected are missing, not zero") {
  Statistics statistics;
  statistics.with_accounts({"facebook"});
  statistics.answers = {facebook(1)};
  statistics.collect(R"({"days": 1})");
  const Value told = statistics.query(R"({"from": "2026-09-19", "to": "2026-09-21"})");
  CHECK(part(told, "days_with_data") == "1");
  CHECK(part(told, "missing_days") == R"(["2026-09-19","2026-09-21"])");
  CHECK(part(told, "change") == R"({"posts":null,"impressions":null,"likes":null,"comments":null,"followers":null})");

  const Value nothing = statistics.query(R"({"location_id": "elsewhere"})");
  CHECK(part(nothing, "rows") == "[]");
  CHECK(part(nothing, "totals") ==
        R"({"posts":null,"impressions":null,"likes":null,"comments":null,"followers":null})");
  CHECK(part(nothing, "engagement_rate") == "null");
}

TEST_CASE("several locations are told together, and without a name all that were collected") {
  Statistics statistics;
  statistics.with_accounts({"facebook"});
  statistics.answers = {facebook(1)};
  statistics.collect(R"({"days": 1})");
  statistics.collect(R"({"days": 1, "location_id": "north"})");
  const std::string both = R"({"posts":2,"impressions":200,"likes":20,"comments":2,"followers":100})";
  CHECK(part(statistics.query(R"({"locations": ["loc", "north"], "days": 1})"), "totals") == both);
  const Value all = statistics.query(R"({"locations": [], "days": 1})");
  CHECK(part(all, "locations") == R"(["loc","north"])");
  CHECK(part(all, "totals") == both);
  CHECK(part(all, "by_platform") ==
        R"([{"platform":"facebook","posts":2,"impressions":200,"likes":20,"comments":null,"followers":100}])");
}

TEST_CASE("of several locations it is told which days are missing of which, and of which everything is") {
  Statistics statistics;
  statistics.with_accounts({"facebook"});
  statistics.answers = {facebook(4)};
  statistics.collect(R"({"days": 4})");
  statistics.answers = {facebook(1)};
  statistics.collect(R"({"days": 1, "location_id": "north"})");
  const Value told = statistics.query(R"({"locations": ["loc", "north", "loc", "nroth"], "days": 3})");
  CHECK(part(told, "locations") == R"(["loc","north","nroth"])");
  CHECK(part(told, "days_with_data") == "3");
  CHECK(part(told, "missing_days") == R"(["2026-09-18","2026-09-19","2026-09-20"])");
  CHECK(part(*told.find("totals"), "posts") == "10");  // 2 + 3 + 4 of loc, which counts once, and 1 of north
  const auto& warnings = told.find("warnings")->list();
  CHECK(warnings.at(0).text() ==
        "north lacks 2 of the 3 days of the period (2026-09-18 to 2026-09-19), and so do the totals");
  CHECK(warnings.at(1).text() ==
        "nothing was ever collected of nroth, and the totals are without it: look whether it is written right");
  CHECK(warnings.at(2).text() ==
        "loc lacks 2 of the 3 days of the period before (2026-09-15 to 2026-09-16), and so do the totals");
  CHECK(warnings.at(3).text() ==
        "nothing is known of north in the period before (2026-09-15 to 2026-09-17), and the totals are without it");

  const Value later = statistics.query(R"({"locations": ["north"], "from": "2026-09-21", "days": 1})");
  CHECK(part(later, "warnings").find("nothing is known of north in the period (2026-09-21), and the totals") !=
        std::string::npos);
  CHECK(part(statistics.query(R"({"locations": ["loc"], "from": "2026-09-17", "days": 4})"), "warnings") == "[]");
}

TEST_CASE("a period that cannot be is refused with the reason") {
  Statistics statistics;
  CHECK(told(statistics.query(R"({"from": "2026-09-20", "to": "2026-09-01"})")) ==
        "\"invalid: the period ends on 2026-09-01, before it begins on 2026-09-20\"");
  CHECK(told(statistics.query(R"({"from": "2026-02-30"})")) ==
        R"("invalid: from: \"2026-02-30\" is no day; write it as 2026-09-21")");
  CHECK(told(statistics.query(R"({"from": "1900-01-01"})")) ==
        "\"invalid: a period of 46284 days is too long; it may have 3660\"");
  CHECK(part(statistics.query(R"({"from": "2026-09-01T10:00:00Z", "days": 3})"), "to") == "\"2026-09-03\"");
}

TEST_CASE("what is stored in another shape is passed over") {
  Statistics statistics;
  statistics.services.state["days/loc/2026-09"] =
      json(R"({"2026-09-20": {"all": null, "platforms": {"facebook": {"likes": "9", "posts": 2}}}, "2026-09-19": 7})");
  CHECK(part(statistics.query(R"({"days": 2})"), "totals") ==
        R"({"posts":2,"impressions":null,"likes":null,"comments":null,"followers":null})");
}

TEST_CASE("figures are sent with the run's time, and in a plan with what is not known yet") {
  Statistics statistics;
  CHECK(encode_json(statistics.call("push", R"({"metrics": {"likes": 9}, "user_count": 3})")) ==
        R"({"status":200,"timestamp":"2026-09-21T14:13:20Z"})");
  CHECK(statistics.services.trace.back() ==
        R"(POST "/" {"metrics":{"likes":9},"timestamp":"2026-09-21T14:13:20Z","locationId":"loc","userCount":3})");
  statistics.call("push", R"({"metrics": {"likes": {"$unknown": "the likes"}}, "path": "/metrics",
                              "timestamp": "2026-09-01T00:00:00Z"})");
  CHECK(
      statistics.services.trace.back() ==
      R"(POST "/metrics" {"metrics":{"likes":{"$unknown":"the likes"}},"timestamp":"2026-09-01T00:00:00Z","locationId":"loc"})");
}

TEST_CASE("figures go through any connection, and are collected only where a connector has them") {
  const Catalog catalog = Catalog::load(std::filesystem::path(TEST_BUILD) / "../plugins", "");
  const auto works = [&](const std::string& action, const std::string& plugin) {
    ConnectionSettings connection;
    connection.plugin = plugin;
    return fits(*catalog.find_action(action), connection, catalog);
  };
  for (const char* plugin : {"highlevel", "users_api", "sightmill", "http"}) CHECK(works("statistics.push", plugin));
  CHECK(works("statistics.collect", "highlevel"));
  CHECK_FALSE(works("statistics.collect", "sightmill"));
  CHECK_FALSE(works("highlevel.location_tags.list", "users_api"));
  const auto none = connection_of(*catalog.find_action("statistics.push"), "", Project(), catalog);
  CHECK(none.error().message ==
        "statistics.push needs a connection, and none in millrace.yaml fits: add one with plugin: highlevel");
}

TEST_SUITE_END();
