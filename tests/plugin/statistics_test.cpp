#include <doctest/doctest.h>

#include "plugin/host_bench.hpp"
#include "workflow/connections.hpp"

using namespace millrace;
using test::json;
using test::told;

TEST_SUITE_BEGIN("plugin");

namespace {

Value numbers(std::size_t days, std::int64_t first, std::int64_t step = 1) {
  Value::List list;
  for (std::size_t day = 0; day < days; ++day) list.emplace_back(first + static_cast<std::int64_t>(day) * step);
  return list;
}

/// The statistics plugin with a connector that tells what the test says. The run's day is 2026-09-21, a Monday.
struct Statistics {
  Statistics() {
    services.answer = [this](const std::string& action, const Value& input) { return connector(action, input); };
  }

  Result<Value> connector(const std::string& action, const Value& input) {
    if (action == "social_accounts.list") return accounts;
    if (action == "social_statistics.get_range" && !has_ranges) {
      return Error{ErrorCode::not_found, "there is no such action"};
    }
    asked.push_back(input);
    return answers.size() < asked.size() ? answers.back() : answers[asked.size() - 1];
  }

  /// Accounts with the profile ids p1, p2, ... on these platforms.
  void with_accounts(const std::vector<std::string>& platforms) {
    Value::List list;
    for (const std::string& platform : platforms) {
      list.push_back(Value::object({{"profileId", "p" + std::to_string(list.size() + 1)}, {"platform", platform}}));
    }
    accounts = Value::object({{"results", Value::object({{"accounts", list}})}});
  }

  Value call(const std::string& action, const std::string& input) {
    services.trace.clear();
    asked.clear();
    Map given = json(input).map();
    if (given.find(std::string_view("location_id")) == nullptr &&
        given.find(std::string_view("locations")) == nullptr) {
      given.set("location_id", "loc");
    }
    const Action called = test::action_named("statistics." + action);
    const auto result = test::ask(loop, host->call(plugin, called, Value(std::move(given)), services));
    if (result) return *result;
    return Value(std::string(name_of(result.error().code)) + ": " + result.error().message);
  }
  Value collect(const std::string& input = "{}") { return call("collect", input); }
  Value query(const std::string& input = "{}") { return call("query", input); }

  std::string remembered() const {
    std::string all;
    for (const std::string& line : services.trace) {
      if (line.starts_with("swap")) all += line + "\n";
    }
    return all;
  }

  Value accounts;
  std::vector<Value> answers;  ///< of the statistics, one a request; the last is given again
  std::vector<Value> asked;
  bool has_ranges = true;
  test::ScriptedServices services;
  Loop loop;
  Manifest plugin = [] {
    Manifest manifest;
    manifest.name = "statistics";
    manifest.folder = std::filesystem::path(TEST_BUILD) / "../plugins/statistics";
    manifest.shipped = true;
    return manifest;
  }();
  std::unique_ptr<PluginHost> host = open_plugin_host(loop, {});
};

/// An answer about facebook: posts from 1, impressions from 100, likes from 10, comments from 1, followers from 50.
Value facebook(std::size_t days) {
  const auto series = [&](std::int64_t first, std::int64_t step) {
    return Value::object({{"facebook", Value::object({{"series", numbers(days, first, step)}})}});
  };
  return Value::object(
      {{"results",
        Value::object({{"postPerformance", Value::object({{"posts", Value::object({{"facebook", numbers(days, 1)}})},
                                                          {"impressions", numbers(days, 100, 10)},
                                                          {"likes", numbers(days, 10)},
                                                          {"comments", numbers(days, 1)}})},
                       {"platformTotals", Value::object({{"impressions", series(100, 10)},
                                                         {"likes", series(10, 1)},
                                                         {"followers", series(50, 1)}})}})}});
}

std::string part(const Value& value, const std::string& name) {
  const Value* found = value.find(name);
  return found != nullptr ? encode_json(*found) : encode_json(value);
}

/// `value` with the JSON `with` in the place of what lies at the dotted path; nothing there without it.
Value changed(const Value& value, const std::string& path, const std::optional<Value>& with) {
  const std::size_t dot = path.find('.');
  Map members;
  for (const auto& [key, member] : value.map()) {
    if (key.text() != path.substr(0, dot)) {
      members.set(key, member);
    } else if (dot != std::string::npos) {
      members.set(key, changed(member, path.substr(dot + 1), with));
    } else if (with) {
      members.set(key, *with);
    }
  }
  return members;
}

}  // namespace

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
  CHECK(collect_with("platformTotals.followers.facebook.series", json(R"([50, "51"])")) ==
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
