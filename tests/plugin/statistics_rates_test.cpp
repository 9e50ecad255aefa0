#include "plugin/statistics_bench.hpp"

using namespace millrace;
using namespace millrace::test;

TEST_SUITE_BEGIN("plugin");

namespace {

Value computed(Statistics& statistics, const std::string& rows, const std::string& before = "[]") {
  return statistics.call("compute", R"({"rows": )" + rows + R"(, "before": )" + before + "}");
}

const std::string facebook_alone =
    R"({"date": "2026-09-20", "location_id": "loc", "platform": "facebook", "likes": 100, "comments": 20, "impressions": 1000})";

}  // namespace

TEST_CASE("a rate leaves out what nobody knows the impressions of, and says so") {
  Statistics statistics;
  const Value told = computed(statistics, "[" + facebook_alone + R"(,
      {"date": "2026-09-20", "location_id": "loc", "platform": "instagram", "likes": 100}])");
  CHECK(part(told, "engagement_rate") == "0.12");
  CHECK(part(*told.find("totals"), "likes") == "200");
  CHECK(
      part(told, "warnings") ==
      R"(["engagement_rate leaves out the likes of instagram of loc on 1 day: the impressions that belong to them are not known"])");
  const Value::List& platforms = told.find("platforms")->list();
  CHECK(part(platforms.at(0), "like_rate") + part(platforms.at(1), "like_rate") == "0.1null");
}

TEST_CASE("impressions without the likes that belong to them make no rate smaller") {
  Statistics statistics;
  const Value told = computed(statistics, "[" + facebook_alone + R"(,
      {"date": "2026-09-19", "location_id": "loc", "platform": "facebook", "impressions": 3000}])");
  CHECK(part(told, "engagement_rate") == "0.12");
  CHECK(part(told.find("platforms")->list().at(0), "like_rate") == "0.1");
  const std::string warnings = part(told, "warnings");
  for (const std::string sentence :
       {R"("engagement_rate leaves out the impressions of all platforms of loc on 1 day: the likes that)",
        R"("like_rate leaves out the impressions of facebook of loc on 1 day: the likes that)"}) {
    CAPTURE(sentence);
    CHECK(warnings.find(sentence) != std::string::npos);
  }
}

TEST_CASE("where likes and impressions are of different days there is no rate, and a sentence says why") {
  Statistics statistics;
  const Value told = computed(statistics, R"([
      {"date": "2026-09-19", "location_id": "loc", "platform": "facebook", "likes": 5},
      {"date": "2026-09-20", "location_id": "loc", "platform": "facebook", "impressions": 50}])");
  CHECK(part(told, "engagement_rate") + part(told.find("platforms")->list().at(0), "like_rate") == "nullnull");
  CHECK(told.find("warnings")->list().size() == 4);
}

TEST_CASE("comments are told of all platforms, and go with the impressions of all of them only") {
  Statistics statistics;
  const auto keep = [&](const std::string& instagram, const std::string& all) {
    statistics.services.state["days/loc/2026-09"] =
        json(R"({"2026-09-20": {"all": )" + all +
             R"(, "platforms": {"facebook": {"likes": 100, "impressions": 1000}, "instagram": )" + instagram + "}}}");
    return statistics.query(R"({"days": 1})");
  };
  CHECK(part(keep(R"({"likes": 100, "impressions": 1000})", R"({"comments": 20})"), "engagement_rate") == "0.11");
  CHECK(part(keep(R"({"likes": 100})", R"({"comments": 20, "likes": 200, "impressions": 2000})"), "engagement_rate") ==
        "0.11");
  const Value told = keep(R"({"likes": 100})", R"({"comments": 20})");
  CHECK(part(told, "engagement_rate") == "0.1");
  CHECK(told.find("warnings")->list().at(0).text() ==
        "engagement_rate leaves out the comments of all platforms of loc on 1 day: the impressions that belong to them "
        "are not known");
}

TEST_CASE("rates of two periods that are not of the same kind are said to be so") {
  Statistics statistics;
  const Value told = computed(statistics, "[" + facebook_alone + "]", R"([
      {"date": "2026-09-19", "location_id": "loc", "platform": "facebook", "likes": 100, "impressions": 1000},
      {"date": "2026-09-19", "location_id": "loc", "platform": "google", "likes": 9}])");
  CHECK(part(told, "engagement_rate") + part(told, "previous_engagement_rate") == "0.120.1");
  const std::string warnings = part(told, "warnings");
  CHECK(warnings.find("previous_engagement_rate leaves out the likes of google of loc on 1 day") != std::string::npos);
  CHECK(warnings.find("engagement_rate and previous_engagement_rate cannot be compared") != std::string::npos);
}

TEST_CASE("followers of all platforms together, as rows of a day tell them, are a level that grows") {
  Statistics statistics;
  statistics.with_accounts({"facebook"});
  statistics.answers = {facebook(4)};
  statistics.collect(R"({"days": 4})");
  const Value now = statistics.query(R"({"days": 2})");
  const Value before = statistics.query(R"({"from": "2026-09-17", "days": 2})");
  const Value told = computed(statistics, part(now, "by_day"), part(before, "by_day"));
  for (const std::string same : {"totals", "previous", "change", "follower_growth", "engagement_rate"}) {
    CAPTURE(same);
    CHECK(part(told, same) == part(now, same));
  }
  CHECK(part(told, "platforms") + part(told, "by_platform") + part(told, "warnings") == "[][][]");
  const Value both = computed(statistics, R"([
      {"date": "2026-09-20", "platform": "facebook", "followers": 50}, {"date": "2026-09-20", "followers": 80}])");
  CHECK(part(*both.find("totals"), "followers") == "80");
  CHECK(part(both.find("by_platform")->list().at(0), "followers") == "50");
}

TEST_CASE("periods of which other locations are known are not compared") {
  Statistics statistics;
  const Value told = computed(statistics, R"([{"date": "2026-09-20", "location_id": "north", "comments": 3}])",
                              R"([{"date": "2026-09-19", "location_id": "south", "comments": 1}])");
  CHECK(part(*told.find("change"), "comments") == "null");
}

TEST_SUITE_END();
