#include "plugin/statistics_bench.hpp"

using namespace millrace;
using namespace millrace::test;

TEST_SUITE_BEGIN("plugin");

TEST_CASE("the days are kept by month, and the same period again writes nothing") {
  Statistics statistics;
  statistics.with_accounts({"facebook"});
  statistics.answers = {facebook(2)};
  CHECK(encode_json(statistics.collect(R"({"days": 2})")) ==
        R"({"location_id":"loc","from":"2026-09-19","to":"2026-09-20","days":2,"new_days":2,"changed_days":0,)"
        R"("totals":{"posts":3,"impressions":210,"likes":21,"comments":3,"followers":51},)"
        R"("platforms":["facebook"],"warnings":[]})");
  CHECK(encode_json(statistics.asked.at(0)) ==
        R"({"location_id":"loc","profile_ids":["p1"],)"
        R"("current_range":{"startDate":"2026-09-19T00:00:00.000Z","endDate":"2026-09-20T23:59:59.999Z"}})");
  CHECK(statistics.remembered() ==
        R"(swap days/loc/2026-09 null for {"2026-09-19":{"collected":"2026-09-21T14:13:20Z",)"
        R"("all":{"impressions":100,"likes":10,"comments":1},)"
        R"("platforms":{"facebook":{"posts":1,"impressions":100,"likes":10,"followers":50}}},)"
        R"("2026-09-20":{"collected":"2026-09-21T14:13:20Z","all":{"impressions":110,"likes":11,"comments":2},)"
        R"("platforms":{"facebook":{"posts":2,"impressions":110,"likes":11,"followers":51}}}})"
        "\nswap locations null for [\"loc\"]\n");
  const Value again = statistics.collect(R"({"days": 2})");
  CHECK(part(again, "new_days") + part(again, "changed_days") + part(again, "days") == "002");
  CHECK(statistics.remembered().empty());
}

TEST_CASE("days and locations that others collect meanwhile stay beside one's own") {
  Statistics statistics;
  statistics.with_accounts({"facebook"});
  statistics.answers = {facebook(2)};
  statistics.services.interfere = [&] {
    statistics.services.state["days/loc/2026-09"] =
        json(R"({"2026-09-01":{"collected":"2026-09-02T00:00:00Z","all":{"likes":7},"platforms":{}}})");
    statistics.services.interfere = [] {};  // the month is swapped once more, then the location is added
    statistics.services.state["locations"] = json(R"(["another"])");
  };
  statistics.collect(R"({"days": 2})");
  CHECK(part(statistics.query(R"({"from": "2026-09-01", "to": "2026-09-20"})"), "days_with_data") == "3");
  CHECK(encode_json(statistics.services.state["locations"]) == R"(["another","loc"])");
}

TEST_CASE("a day that is told anew takes the place of what was known, and others stay") {
  Statistics statistics;
  statistics.with_accounts({"facebook"});
  statistics.answers = {facebook(5)};
  statistics.collect(R"({"days": 5})");
  statistics.services.time.seconds += 2 * 86'400;
  Value shifted = changed(facebook(3), "results.postPerformance.comments", json("[3, 90, 7]"));
  statistics.answers = {shifted};
  const Value collected = statistics.collect(R"({"days": 3})");
  CHECK(part(collected, "new_days") == "2");
  CHECK(part(collected, "changed_days") == "1");
  const Value all = statistics.query();
  CHECK(part(all, "days_with_data") == "7");
  // Comments of the first four days are 1 to 4, then come 3, 90 and 7.
  CHECK(part(all, "totals").find("\"comments\":110,") != std::string::npos);
}

TEST_CASE("a period over the turn of a year lies in two months") {
  Statistics statistics;
  statistics.with_accounts({"facebook"});
  statistics.services.time = Timestamp{1'798'761'600, 0};  // 2027-01-01T00:00:00Z
  statistics.answers = {facebook(2)};
  CHECK(part(statistics.collect(R"({"days": 2})"), "from") == "\"2026-12-30\"");
  statistics.services.time.seconds += 86'400;
  statistics.collect(R"({"days": 2})");
  CHECK(statistics.services.state.count("days/loc/2026-12") == 1);
  CHECK(statistics.services.state.count("days/loc/2027-01") == 1);
  CHECK(part(statistics.query(R"({"from": "2026-12-30", "to": "2027-01-01"})"), "days_with_data") == "3");
}

TEST_CASE("more profiles than one request takes are asked for in several, and added up") {
  Statistics statistics;
  statistics.with_accounts(std::vector<std::string>(250, "facebook"));
  statistics.answers = {facebook(1)};
  const Value collected = statistics.collect(R"({"days": 1})");
  CHECK(statistics.asked.size() == 3);
  CHECK(statistics.asked.at(2).find("profile_ids")->list().size() == 50);
  CHECK(part(collected, "totals") == R"({"posts":3,"impressions":300,"likes":30,"comments":3,"followers":150})");

  SUBCASE("a figure that one of the answers lacks is not known of all") {
    statistics.answers = {facebook(1), changed(facebook(1), "results.platformTotals.likes.facebook", std::nullopt),
                          facebook(1)};
    const Value again = statistics.collect(R"({"days": 1})");
    CHECK(part(again, "changed_days") == "0");
    CHECK(part(again, "warnings") ==
          R"(["facebook: \"likes\" is no list of a number a day, so what was known of it stays"])");
  }
}

TEST_CASE("without a range the last seven days are asked for, if they are these") {
  Statistics statistics;
  statistics.with_accounts({"facebook"});
  statistics.has_ranges = false;
  statistics.answers = {changed(
      Value::object(
          {{"results",
            Value::object({{"dayRange", Value()}, {"postPerformance", Value()}, {"platformTotals", Value()}})}}),
      "results.dayRange", json(R"(["Mon","Tue","Wed","Thu","Fri","Sat","Sun"])"))};
  for (const char* group : {"postPerformance", "platformTotals"}) {
    const Value figures = facebook(7);
    statistics.answers[0] =
        changed(statistics.answers[0], std::string("results.") + group, *figures.find("results")->find(group));
  }
  const Value collected = statistics.collect(R"({"days": 30})");
  CHECK(part(collected, "new_days") == "7");
  CHECK(part(collected, "from") == "\"2026-09-14\"");
  CHECK(part(collected, "warnings") ==
        R"(["this connection only tells the last 7 days, so 30 could not be collected"])");
  CHECK(part(statistics.collect(R"({"days": 2})"), "totals") ==
        R"({"posts":13,"impressions":310,"likes":31,"comments":13,"followers":56})");

  statistics.services.time.seconds += 86'400;
  CHECK(
      told(statistics.collect()) ==
      R"("invalid: it is not clear which days the answer of social_statistics.get is about: its dayRange is )"
      R"(\"Mon Tue Wed Thu Fri Sat Sun\", and the seven days up to yesterday (UTC) are \"Tue Wed Thu Fri Sat Sun Mon\"")");
  CHECK(statistics.remembered().empty());
}

TEST_CASE("what an answer lacks or gives in another type leaves the days as they were, and is told") {
  Statistics statistics;
  statistics.with_accounts({"facebook", "instagram"});
  statistics.answers = {facebook(2)};
  CHECK(part(statistics.collect(R"({"days": 2})"), "warnings") ==
        R"(["the answer has nothing about instagram, so what was known of it stays"])");
  const std::string before = part(statistics.query(R"({"days": 2})"), "totals");

  const auto collect_with = [&](const std::string& path, const std::optional<Value>& with) {
    statistics.answers = {changed(facebook(2), "results." + path, with)};
    const Value collected = statistics.collect(R"({"days": 2})");
    CHECK(part(collected, "changed_days") == "0");
    CHECK(part(statistics.query(R"({"days": 2})"), "totals") == before);
    const auto& warnings = collected.find("warnings")->list();
    return warnings.empty() ? "" : warnings[0].text();
  };
  CHECK(collect_with("postPerformance.likes", Value()) ==
        "all platforms: \"likes\" is no list of a number a day, so what was known of it stays");
  CHECK(collect_with("postPerformance.posts.facebook", json("[1]")) ==
        "facebook: \"posts\" has 1 number for 2 days, so what was known of it stays");
  CHECK(collect_with("platformTotals.followers.facebook.series", json(R"([50, "many"])")) ==
        "facebook: \"followers\" is no number on 1 of 2 days, so what was known of those days stays");
  CHECK(collect_with("platformTotals", json("7")) ==
        "facebook: \"impressions\" is no list of a number a day, so what was known of it stays");
  CHECK(collect_with("postPerformance", std::nullopt).starts_with("all platforms: \"impressions\" is no list"));

  statistics.answers = {json(R"({"results": null, "message": "Analytics Built Successfully"})")};
  CHECK(told(statistics.collect()) == R"("invalid: the answer of the statistics has no \"results\"")");
  statistics.accounts = json(R"({"results": {"accounts": null}})");
  CHECK(told(statistics.collect()) == R"("invalid: the answer of social_accounts.list has no list \"accounts\"")");
}

TEST_CASE("a location without accounts records nothing") {
  Statistics statistics;
  statistics.with_accounts({});
  const Value collected = statistics.collect();
  CHECK(part(collected, "days") == "0");
  CHECK(part(collected, "warnings") == R"(["location loc has no social account, so nothing was collected"])");
  CHECK(statistics.asked.empty());
  CHECK(statistics.remembered().empty());
}

TEST_CASE("only platforms that the API knows are asked for, each profile once") {
  Statistics statistics;
  statistics.accounts = json(R"({"results": {"accounts": [
      {"profileId": "a", "platform": "facebook"}, {"profileId": "a", "platform": "facebook"},
      {"profileId": "b", "platform": "threads"}, {"profileId": "c", "platform": "linkedin", "type": "profile"},
      {"profileId": null, "platform": "facebook"}, {"platform": "facebook"}, 7]}})");
  statistics.answers = {facebook(1)};
  const Value collected = statistics.collect(R"({"days": 1})");
  CHECK(part(statistics.asked.at(0), "profile_ids") == R"(["a","c"])");
  CHECK(part(collected, "warnings") == R"(["the API has no statistics of threads, so its accounts are left out"])");
}

TEST_CASE("asked for some platforms only, figures for all of them are not taken from the answer") {
  Statistics statistics;
  statistics.with_accounts({"facebook", "instagram"});
  statistics.answers = {facebook(1)};
  const Value collected = statistics.collect(R"({"days": 1, "platforms": ["facebook"]})");
  CHECK(part(statistics.asked.at(0), "profile_ids") == R"(["p1"])");
  CHECK(part(statistics.asked.at(0), "platforms") == R"(["facebook"])");
  CHECK(part(collected, "totals") == R"({"posts":1,"impressions":100,"likes":10,"comments":null,"followers":50})");
}

TEST_SUITE_END();
