#include "plugin/statistics_bench.hpp"

using namespace millrace;
using namespace millrace::test;

TEST_SUITE_BEGIN("plugin");

namespace {

/// What one platform has on each day; comments are told of all platforms together.
struct Told {
  std::string platform;
  Value likes;
  std::int64_t comments = 0;
};

/// An answer about these platforms. `all` in the place of the likes of all together.
Value answer_about(const std::vector<Told>& platforms, const std::optional<Value>& all = std::nullopt) {
  const std::size_t days = platforms.at(0).likes.list().size();
  Map posts, likes;
  std::vector<double> sum(days), comments(days);
  for (const Told& one : platforms) {
    posts.set(one.platform, Value::List(days, Value(std::int64_t{1})));
    likes.set(one.platform, Value::object({{"series", one.likes}}));
    for (std::size_t day = 0; day < days; ++day) {
      const Value& value = one.likes.list()[day];
      if (!value.is_null()) sum[day] += std::stod(encode_json(value));
      comments[day] += static_cast<double>(one.comments);
    }
  }
  const Value of_all = all ? *all : Value(Value::List(sum.begin(), sum.end()));
  return Value::object(
      {{"results", Value::object({{"postPerformance",
                                   Value::object({{"posts", posts},
                                                  {"likes", of_all},
                                                  {"comments", Value::List(comments.begin(), comments.end())}})},
                                  {"platformTotals", Value::object({{"likes", likes}})}})}});
}

struct Platforms : Statistics {
  /// Two days on which facebook has 60 and 60 likes, instagram 40 and 40.
  Platforms() {
    with_accounts({"facebook", "instagram"});
    told({{"facebook", json("[60, 60]"), 5}, {"instagram", json("[40, 40]"), 3}});
  }
  Value told(const std::vector<Told>& platforms, const std::string& input = R"({"days": 2})",
             const std::optional<Value>& all = std::nullopt) {
    answers = {answer_about(platforms, all)};
    return collect(input);
  }
  /// "200 16: facebook 120, instagram 80": likes and comments of all, and likes of each.
  std::string known() {
    const Value answer = query(R"({"days": 2})");
    std::string text = part(*answer.find("totals"), "likes") + " " + part(*answer.find("totals"), "comments") + ":";
    for (const Value& row : answer.find("by_platform")->list())
      text += " " + row.text_or("platform") + " " + part(row, "likes");
    return text;
  }
  static bool warned(const Value& collected, const std::string& words) {
    return part(collected, "warnings").find(words) != std::string::npos;
  }
};

}  // namespace

TEST_CASE("a platform that is connected no longer keeps its part in the days that were kept") {
  Platforms statistics;
  CHECK(statistics.known() == "200 16: facebook 120 instagram 80");
  statistics.with_accounts({"facebook"});
  const Value collected = statistics.told({{"facebook", json("[60, 61]"), 5}});
  CHECK(part(collected, "changed_days") == "1");
  CHECK(statistics.known() == "201 16: facebook 121 instagram 80");
  CHECK(Platforms::warned(collected,
                          "nothing is told of instagram on 2 days of which it is known: it stays, and the "
                          "comments of these days"));

  SUBCASE("and is told anew when it is there again") {
    statistics.with_accounts({"facebook", "instagram"});
    const Value again = statistics.told({{"facebook", json("[60, 60]"), 6}, {"instagram", json("[41, 41]"), 3}});
    CHECK(part(again, "warnings").find("nothing is told") == std::string::npos);
    CHECK(statistics.known() == "202 18: facebook 120 instagram 82");
  }
}

TEST_CASE("so does one that an answer leaves out, and one whose number is none on a day") {
  Platforms statistics;
  statistics.told({{"facebook", json("[70, 60]"), 5}});
  CHECK(statistics.known() == "210 16: facebook 130 instagram 80");
  statistics.told({{"facebook", json("[60, 60]"), 5}, {"instagram", json(R"([40, null])"), 3}});
  CHECK(statistics.known() == "200 16: facebook 120 instagram 80");
}

TEST_CASE("what is collected of some platforms moves the figure of all with them") {
  Platforms statistics;
  const std::string one = R"({"days": 2, "platforms": ["facebook"]})";
  statistics.told({{"facebook", json("[80, 60]"), 5}}, one);
  CHECK(statistics.known() == "220 16: facebook 140 instagram 80");
  statistics.with_accounts({"facebook", "instagram", "tiktok"});
  statistics.told({{"tiktok", json("[7, 7]"), 0}}, R"({"days": 2, "platforms": ["tiktok"]})");
  CHECK(statistics.known() == "234 16: facebook 140 instagram 80 tiktok 14");
  statistics.told(
      {{"facebook", json("[60, 60]"), 5}, {"instagram", json("[12, 40]"), 3}, {"tiktok", json("[7, 7]"), 0}},
      R"({"days": 2})", json(R"(["NaN", 107])"));
  CHECK(statistics.known() == "186 16: facebook 120 instagram 52 tiktok 14");
}

TEST_CASE("what was told of all platforms has the part of one of which nothing else was told") {
  Platforms statistics;
  statistics.services.state["days/loc/2026-09"] = json(R"({"2026-09-20": {"all": {"likes": 100}, "platforms": {}},
               "2026-09-19": {"all": {"likes": 100}, "platforms": {"facebook": {"posts": 1}}}})");
  statistics.told({{"facebook", json("[60, 60]"), 5}}, R"({"days": 2, "platforms": ["facebook"]})");
  CHECK(statistics.known() == "200 null: facebook 120");
}

TEST_CASE("a platform that the first answer left out has its part in what was told of all platforms") {
  Platforms statistics;
  statistics.services.state["days/loc/2026-09"] =
      json(R"({"2026-09-20": {"all": {"likes": 100}, "platforms": {"facebook": {"likes": 60}}},
               "2026-09-19": {"all": {"likes": 100}, "platforms": {"facebook": {"likes": 100}}}})");
  statistics.told({{"instagram", json("[40, 40]"), 0}}, R"({"days": 2, "platforms": ["instagram"]})");
  CHECK(statistics.known() == "240 null: facebook 160 instagram 80");
  statistics.told({{"instagram", json("[40, 50]"), 0}}, R"({"days": 2, "platforms": ["instagram"]})");
  CHECK(statistics.known() == "250 null: facebook 160 instagram 90");
}

TEST_CASE("comments that an answer tells of fewer platforms than are known are left out with a warning") {
  Platforms statistics;
  statistics.services.state.clear();
  for (const char* platform : {"facebook", "instagram"})
    statistics.told({{platform, json("[1, 1]"), 0}}, R"({"days": 2, "platforms": [")" + std::string(platform) + "\"]}");
  const Value collected = statistics.told({{"facebook", json("[1, 1]"), 5}});
  CHECK(Platforms::warned(collected, "nothing is told of instagram on 2 days"));
  CHECK(statistics.known() == "4 null: facebook 2 instagram 2");
}

TEST_CASE("days of other platforms are no days of those that are asked for") {
  Platforms statistics;
  const Value told = statistics.query(R"({"days": 2, "platforms": ["tiktok"]})");
  CHECK(part(told, "days_with_data") + part(told, "rows") + part(told, "by_day") == "0[][]");
  CHECK(part(told, "missing_days") == R"(["2026-09-19","2026-09-20"])");
  CHECK(part(told, "warnings") ==
        R"(["nothing is known of loc on these platforms in the period (2026-09-19 to 2026-09-20), and the totals are )"
        R"(without it"])");
  const Value known = statistics.query(R"({"days": 2, "platforms": ["instagram"]})");
  CHECK(part(known, "days_with_data") + part(known, "warnings") == "2[]");
}

TEST_CASE("a rise of a figure below zero is a rise") {
  Platforms statistics;
  const auto change = [&](const std::string& before, const std::string& now) {
    const auto row = [](const std::string& date, const std::string& likes) {
      return R"([{"date": ")" + date + R"(", "platform": "facebook", "likes": )" + likes + "}]";
    };
    const Value told = statistics.call(
        "compute", R"({"rows": )" + row("2026-09-20", now) + R"(, "before": )" + row("2026-09-19", before) + "}");
    return part(*told.find("change"), "likes");
  };
  CHECK(change("-10", "10") == "200");
  CHECK(change("-10", "-20") == "-100");
  CHECK(change("10", "-20") == "-300");
}

TEST_CASE(
    "days of several locations are told as one, and are not known where one of them lacks what it has on others") {
  Statistics statistics;
  const auto keep = [&](const std::string& location, const std::string& month) {
    for (const std::string kind : {"days/", "tags/", "scores/"}) {
      const Value all = json(month);
      if (const Value* kept = all.find(kind.substr(0, kind.size() - 1)))
        statistics.services.state[kind + location + "/2026-09"] = *kept;
    }
  };
  keep("a", R"({"days": {"2026-09-19": {"platforms": {"facebook": {"likes": 1, "followers": 10}}},
                         "2026-09-20": {"platforms": {"facebook": {"likes": 2, "followers": 11}}}},
                "tags": {"2026-09-19": {"contacts": 400, "posts": null}, "2026-09-20": {"contacts": 401, "posts": null}},
                "scores": {"2026-09-20": {"9": 1}}})");
  keep("b", R"({"days": {"2026-09-20": {"platforms": {"facebook": {"likes": 5}}}},
                "tags": {"2026-09-19": {"contacts": 60, "posts": 7}, "2026-09-20": {"contacts": 61, "posts": 8}},
                "scores": {"2026-09-19": {"10": 1}, "2026-09-20": {"0": 3}}})");
  const Value told = statistics.query(R"({"locations": ["a", "b", "never"], "days": 2})");
  CHECK(part(told, "by_day") ==
        R"([{"date":"2026-09-19","posts":null,"impressions":null,"likes":null,"comments":null,"followers":10},)"
        R"({"date":"2026-09-20","posts":null,"impressions":null,"likes":7,"comments":null,"followers":11}])");
  CHECK(
      part(*told.find("tags"), "by_day") ==
      R"([{"date":"2026-09-19","tags":null,"contacts":460,"social_tags":null,"posts":7,"used_tags":null,"used_social_tags":null},)"
      R"({"date":"2026-09-20","tags":null,"contacts":462,"social_tags":null,"posts":8,"used_tags":null,"used_social_tags":null}])");
  CHECK(part(*told.find("nps"), "by_day") ==
        R"([{"date":"2026-09-19","score":100,"responses":1},{"date":"2026-09-20","score":-50,"responses":4}])");
  CHECK(part(statistics.query(R"({"locations": ["b"], "days": 2})"), "by_day").find("\"location_id\":\"b\"") !=
        std::string::npos);
}

TEST_SUITE_END();
