#include "plugin/statistics_bench.hpp"

using namespace millrace;
using namespace millrace::test;

TEST_SUITE_BEGIN("plugin");

namespace {

/// Days of September as they would lie in the state: {"2026-09-20": {"facebook": {"likes": 3}}}, each with three
/// comments on all platforms together.
void keep(Statistics& statistics, const std::string& days, const std::string& location = "loc") {
  Map month;
  const Value given = json(days);
  for (const auto& [date, platforms] : given.map()) {
    month.set(date, Value::object({{"collected", "2026-09-21T00:00:00Z"},
                                   {"all", json(R"({"comments": 3})")},
                                   {"platforms", platforms}}));
  }
  statistics.services.state["days/" + location + "/2026-09"] = month;
}

const std::string two_days = R"({"from": "2026-09-19", "to": "2026-09-20"})";

}  // namespace

TEST_CASE("numbers that the far side writes as text are numbers, and other text is none") {
  Statistics statistics;
  statistics.with_accounts({"facebook"});
  statistics.answers = {
      changed(facebook(2), "results.platformTotals.followers.facebook.series", json(R"(["50", "51"])"))};
  const Value collected = statistics.collect(R"({"days": 2})");
  CHECK(part(collected, "warnings") == "[]");
  CHECK(part(collected, "totals") == R"({"posts":3,"impressions":210,"likes":21,"comments":3,"followers":51})");
  for (const char* series :
       {R"(["", "51"])", R"(["5 0", "51"])", R"(["nan", "51"])", R"(["1e3", "51"])", R"(["50%", "51"])"}) {
    CAPTURE(series);
    statistics.answers = {changed(facebook(2), "results.platformTotals.followers.facebook.series", json(series))};
    CHECK(part(statistics.collect(R"({"days": 2})"), "warnings") ==
          R"(["facebook: \"followers\" is no number on 1 of 2 days, so what was known of those days stays"])");
  }
}

TEST_CASE("each platform is told beside the period before") {
  Statistics statistics;
  keep(statistics, R"({"2026-09-17": {"facebook": {"likes": 1, "impressions": 50, "followers": 100}},
                       "2026-09-18": {"facebook": {"likes": 3, "impressions": 50, "followers": 110}},
                       "2026-09-19": {"facebook": {"likes": 2, "impressions": 100, "followers": 115}},
                       "2026-09-20": {"facebook": {"likes": 8, "impressions": 100, "followers": 121}}})");
  const Value told = statistics.query(two_days);
  CHECK(part(told, "platforms") ==
        R"([{"platform":"facebook","days_with_data":2,"previous_days_with_data":2,)"
        R"("totals":{"posts":null,"impressions":200,"likes":10,"comments":null,"followers":121},)"
        R"("previous":{"posts":null,"impressions":100,"likes":4,"comments":null,"followers":110},)"
        R"("change":{"posts":null,"impressions":100,"likes":150,"comments":null,"followers":10},)"
        R"("like_rate":0.05,"previous_like_rate":0.04,)"
        R"("follower_growth":{"before":110,"after":121,"gained":11,"percent":10}}])");
  CHECK(part(told, "follower_growth") == R"({"before":110,"after":121,"gained":11,"percent":10})");
  CHECK(part(told, "previous_engagement_rate") == "0.1");
  CHECK(part(told, "warnings") == "[]");
}

TEST_CASE("a platform that vanished is missing and not zero, and what it had is not lost as a fall") {
  Statistics statistics;
  keep(statistics,
       R"({"2026-09-17": {"facebook": {"likes": 10, "followers": 100}, "tiktok": {"likes": 90, "followers": 900}},
                       "2026-09-18": {"facebook": {"likes": 10, "followers": 100}, "tiktok": {"likes": 90, "followers": 900}},
                       "2026-09-19": {"facebook": {"likes": 11, "followers": 105}, "tiktok": {"likes": 90, "followers": 907}},
                       "2026-09-20": {"facebook": {"likes": 11, "followers": 110}}})");
  const Value told = statistics.query(two_days);
  CHECK(part(*told.find("change"), "likes") == "null");
  CHECK(part(*told.find("change"), "followers") == "null");
  CHECK(part(*told.find("change"), "comments") == "null");
  const Value::List& platforms = told.find("platforms")->list();
  CHECK(part(*platforms.at(0).find("change"), "likes") == "10");
  CHECK(part(*platforms.at(1).find("change"), "likes") == "null");
  CHECK(part(told, "follower_growth") == R"({"before":1000,"after":1017,"gained":17,"percent":1.7})");
  CHECK(part(told, "warnings") ==
        R"(["tiktok of loc is known for 1 of the 2 days that were collected, and for 2 of 2 in the period before: )"
        R"(what is missing is not zero"])");

  SUBCASE("nor is one that came a rise") {
    const Value before = statistics.query(R"({"from": "2026-09-20", "to": "2026-09-20"})");
    CHECK(part(*before.find("change"), "likes") == "null");
    CHECK(part(*before.find("change"), "posts") == "null");
  }
  SUBCASE("one that is gone altogether has no growth") {
    const Value gone = statistics.query(R"({"from": "2026-09-20", "to": "2026-09-20"})");
    CHECK(part(gone, "follower_growth") == R"({"before":105,"after":110,"gained":5,"percent":4.76})");
    CHECK(part(gone.find("platforms")->list().at(1), "follower_growth") ==
          R"({"before":null,"after":null,"gained":null,"percent":null})");
  }
}

TEST_CASE("of several locations each platform's gaps are told by location") {
  Statistics statistics;
  keep(statistics, R"({"2026-09-19": {"facebook": {"likes": 1}}, "2026-09-20": {"facebook": {"likes": 1}}})", "a");
  keep(statistics, R"({"2026-09-19": {"facebook": {"likes": 1}}, "2026-09-20": {"google": {"likes": 1}}})", "b");
  const Value told = statistics.query(R"({"locations": ["a", "b"], "from": "2026-09-20", "to": "2026-09-20"})");
  CHECK(told.find("warnings")->list().size() == 2);
  CHECK(told.find("warnings")->list()[0].text().starts_with("facebook of b is known for 0 of the 1 days"));
  CHECK(part(*told.find("change"), "likes") == "null");
}

TEST_CASE(
    "followers that are known once only have not grown, and without an earlier period they grow from the first day") {
  Statistics statistics;
  keep(statistics,
       R"({"2026-09-19": {"facebook": {"followers": 100}}, "2026-09-20": {"facebook": {"followers": 103}}})");
  CHECK(part(statistics.query(two_days), "follower_growth") == R"({"before":100,"after":103,"gained":3,"percent":3})");
  CHECK(part(statistics.query(R"({"from": "2026-09-19", "to": "2026-09-19"})"), "follower_growth") ==
        R"({"before":null,"after":null,"gained":null,"percent":null})");
}

TEST_CASE("rows that a query told give the same totals when they are worked out, however often a row comes") {
  Statistics statistics;
  statistics.with_accounts({"facebook"});
  statistics.answers = {facebook(4)};
  statistics.collect(R"({"days": 4})");
  const Value now = statistics.query(two_days),
              before = statistics.query(R"({"from": "2026-09-17", "to": "2026-09-18"})");
  Value::List rows = now.find("rows")->list();
  rows.push_back(rows.at(0));
  const Value told =
      statistics.call("compute", encode_json(Value::object({{"rows", rows}, {"before", *before.find("rows")}})));
  CHECK(part(told, "by_platform") == part(now, "by_platform"));
  CHECK(part(told, "platforms") == part(now, "platforms"));
  CHECK(part(told, "follower_growth") == part(now, "follower_growth"));
  CHECK(part(*told.find("totals"), "likes") == part(*now.find("totals"), "likes"));
  CHECK(part(told, "tags") + part(told, "warnings") == "[][]");
}

TEST_CASE("a net promoter score and tags are counted from lists, and what cannot be read is told") {
  Statistics statistics;
  const Value told = statistics.call("compute", R"({
      "responses": [10, "9", {"score": 9.0}, {"score": "3"}, 11, -1, 7.5, "seven", {"comment": "no score"}, null],
      "tagged": [{"tags": ["vip", "VIP", "new"]}, {"tags": [" Vip "]}, {"tags": []}, {"name": "none"}],
      "rows": [{"likes": 3}]})");
  CHECK(part(told, "nps") == R"({"score":50,"promoters":3,"passives":0,"detractors":1,"responses":4})");
  CHECK(part(told, "tags") == R"([{"tag":"vip","count":2},{"tag":"new","count":1}])");
  CHECK(part(told, "warnings") ==
        R"(["1 row of rows without a date left out","6 responses without a score from 0 to 10 left out",)"
        R"("1 thing of tagged without a list of tags left out"])");
  CHECK(part(statistics.call("compute", R"({"responses": []})"), "nps") ==
        R"({"score":null,"promoters":0,"passives":0,"detractors":0,"responses":0})");
  CHECK(encode_json(statistics.call("compute", R"({"rows": {"$unknown": "the rows"}})")) ==
        R"({"$unknown":"the figures"})");
}

TEST_CASE("what is no number in a row is told with its row and member, and the other numbers count") {
  Statistics statistics;
  const Value told = statistics.call("compute", R"({"rows": [
      {"date": "2026-09-19", "platform": "facebook", "likes": "7", "impressions": null},
      {"date": "2026-09-20", "platform": "facebook", "likes": 3, "impressions": "1,000"},
      {"date": "2026-09-21", "platform": "facebook", "likes": true, "impressions": "", "posts": 1}],
      "before": [{"date": "2026-09-18", "platform": "facebook", "followers": "many", "posts": 1}]})");
  CHECK(part(*told.find("totals"), "likes") == "10");
  CHECK(
      part(told, "warnings") ==
      R"(["rows: \"impressions\" is no number in row 2 (\"1,000\") and 1 more row, so it is not known there; write it as 1000 or 0.5",)"
      R"("rows: \"likes\" is no number in row 3 (true), so it is not known there; write it as 1000 or 0.5",)"
      R"("before: \"followers\" is no number in row 1 (\"many\"), so it is not known there; write it as 1000 or 0.5"])");
}

TEST_SUITE_END();
