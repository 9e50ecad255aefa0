#include "plugin/statistics_bench.hpp"

using namespace millrace;
using namespace millrace::test;

TEST_SUITE_BEGIN("plugin");

namespace {

/// The plugin with tags that the test says.
struct TagsKept : Statistics {
  TagsKept() {
    services.answer = [this](const std::string&, const Value&) -> Result<Value> { return usage; };
  }
  void on_day(std::int64_t day) { services.time.seconds = 1'790'000'000 + (day - 21) * 86'400; }
  Value collect_tags() { return call("collect_tags", "{}"); }
  void carried(std::int64_t vip, std::int64_t old, std::int64_t sale) {
    usage = Value::object({{"items", Value::List{tag("VIP", "contacts", vip), tag("old", "contacts", old)}},
                           {"social", Value::List{tag("sale", "posts", sale)}},
                           {"totals", json(R"({"tags": 2, "contacts": 40, "social_tags": 1, "posts": 9})")},
                           {"dropped", Value()},
                           {"warnings", Value::List{}}});
  }
  static Value tag(const std::string& name, const std::string& carriers, std::int64_t count) {
    return Value::object({{"id", "id of " + name}, {"name", name}, {carriers, count}});
  }

  Value usage;
};

}  // namespace

TEST_CASE("how many carry each tag is kept by day, and a day that is read again is replaced") {
  TagsKept tags;
  tags.carried(10, 0, 4);
  tags.on_day(18);
  CHECK(encode_json(tags.collect_tags()) ==
        R"({"date":"2026-09-18","location_id":"loc","tags":2,"contacts":40,"social_tags":1,"posts":9,)"
        R"("used_tags":1,"used_social_tags":1,"kept":true,"warnings":[]})");
  tags.on_day(19);
  tags.carried(11, 0, 4);
  tags.collect_tags();
  tags.on_day(20);
  tags.carried(99, 9, 9);
  tags.collect_tags();
  tags.carried(13, 2, 3);
  tags.collect_tags();
  tags.on_day(21);
  const Value told = *tags.query(R"({"days": 2})").find("tags");
  CHECK(
      part(told, "by_day") ==
      R"([{"date":"2026-09-19","location_id":"loc","tags":2,"contacts":40,"social_tags":1,"posts":9,"used_tags":1,"used_social_tags":1},)"
      R"({"date":"2026-09-20","location_id":"loc","tags":2,"contacts":40,"social_tags":1,"posts":9,"used_tags":2,"used_social_tags":1}])");
  CHECK(part(told, "items") ==
        R"([{"location_id":"loc","carriers":"contacts","tag":"VIP","count":13,"before":10,"change":3},)"
        R"({"location_id":"loc","carriers":"contacts","tag":"old","count":2,"before":0,"change":2},)"
        R"({"location_id":"loc","carriers":"posts","tag":"sale","count":3,"before":4,"change":-1}])");
  CHECK(told.find("rows")->list().size() == 6);
  const Value one = *tags.query(R"({"days": 2, "tags": [" vip "]})").find("tags");
  CHECK(part(one, "rows") ==
        R"([{"date":"2026-09-19","location_id":"loc","carriers":"contacts","tag":"VIP","count":11},)"
        R"({"date":"2026-09-20","location_id":"loc","carriers":"contacts","tag":"VIP","count":13}])");
  CHECK(part(tags.query(R"({"from": "2026-08-01", "to": "2026-08-02"})"), "tags") ==
        R"({"by_day":[],"rows":[],"items":[]})");
}

TEST_CASE("a tag that was spelled otherwise on other days is the same tag on all of them") {
  TagsKept tags;
  const auto carried = [&tags](std::int64_t day, const char* name, std::int64_t count) {
    tags.carried(0, 0, 0);
    Map usage = tags.usage.map();
    usage.set("items", Value::List{TagsKept::tag(name, "contacts", count)});
    tags.usage = usage;
    tags.on_day(day);
    tags.collect_tags();
  };
  carried(18, "M\u00FCller", 5);
  carried(19, "MU\u0308LLER ", 7);
  carried(20, "m\u00FCller", 9);
  tags.on_day(21);
  const Value told = *tags.query(R"({"days": 2})").find("tags");
  CHECK(encode_json(told.find("items")->list()[0]) ==
        R"({"location_id":"loc","carriers":"contacts","tag":"müller","count":9,"before":5,"change":4})");
  const auto& rows = told.find("rows")->list();
  CHECK(encode_json(rows[0]) ==
        R"({"date":"2026-09-19","location_id":"loc","carriers":"contacts","tag":"müller","count":7})");
  CHECK(rows[1].text_or("tag") == "m\u00FCller");
}

TEST_CASE("contacts carry a name once, however many tags have it and however they are spelled") {
  TagsKept tags;
  tags.carried(0, 0, 0);
  Map usage = tags.usage.map();
  usage.set("items", Value::List{TagsKept::tag("VIP", "contacts", 12), TagsKept::tag("vip", "contacts", 12),
                                 TagsKept::tag("VIP", "contacts", 12)});
  tags.usage = usage;
  tags.on_day(20);
  CHECK(part(tags.collect_tags(), "used_tags") == "3");
  // As days of versions lie there that kept each spelling by itself.
  Map month = tags.services.state["tags/loc/2026-09"].map();
  month.set("2026-09-18", json(R"({"carried": {"contacts": {"counts": {"VIP": 11, " vip": 11, "Vip": 11}},
                                               "posts": {"counts": {"Sale": 2, "sale": 1}}}})"));
  tags.services.state["tags/loc/2026-09"] = month;
  tags.on_day(21);
  const Value told = *tags.query(R"({"days": 2})").find("tags");
  CHECK(part(told, "items") ==
        R"([{"location_id":"loc","carriers":"contacts","tag":"VIP","count":12,"before":11,"change":1},)"
        R"({"location_id":"loc","carriers":"posts","tag":"sale","count":0,"before":3,"change":-3}])");
  CHECK(part(told, "rows").find("\"tag\":\"VIP\",\"count\":12") != std::string::npos);
  const Value days = *tags.query(R"({"from": "2026-09-18", "days": 1, "tags": ["vip"]})").find("tags");
  CHECK(days.find("rows")->list().size() == 1);
  CHECK(part(days.find("rows")->list()[0], "count") == "11");
}

TEST_CASE("a list of tags that is suddenly halved is not kept, and the day stays a gap") {
  TagsKept tags;
  tags.carried(1, 0, 1);
  Map usage = tags.usage.map();
  usage.set("dropped", "2 contacts now against 80 on 2026-09-01");
  tags.usage = usage;
  tags.on_day(20);
  const Value told = tags.collect_tags();
  CHECK(part(told, "kept") + part(told, "warnings") ==
        R"(false["nothing was kept: 2 contacts now against 80 on 2026-09-01"])");
  CHECK(tags.remembered().empty());
  tags.on_day(21);
  CHECK(part(tags.query(), "tags") == R"({"by_day":[],"rows":[],"items":[]})");
}

TEST_CASE("of very many tags a day keeps those that are carried most") {
  TagsKept tags;
  Value::List many;
  for (std::int64_t n = 0; n < 10'000; ++n) many.push_back(TagsKept::tag("tag " + std::to_string(n), "contacts", n));
  tags.usage = Value::object({{"items", many},
                              {"totals", json(R"({"tags": 10000, "contacts": 9, "social_tags": null, "posts": null})")},
                              {"dropped", Value()}});
  tags.on_day(20);
  const Value told = tags.collect_tags();
  CHECK(part(told, "used_tags") + part(told, "used_social_tags") == "9999null");
  CHECK(tags.remembered().size() < 5'000);
  tags.on_day(21);
  const Value kept = *tags.query(R"({"days": 1})").find("tags");
  CHECK(kept.find("items")->list().size() == 200);
  CHECK(kept.find("items")->list()[0].text_or("tag") == "tag 9999");
  CHECK(kept.find("rows")->list().size() == 10);
}

TEST_CASE("scores of answers are kept by day, and told as a net promoter score beside the period before") {
  Statistics statistics;
  for (const auto& [day, score] :
       {std::pair("18", "10"), {"18", "0"}, {"19", "9"}, {"19", "\"10\""}, {"20", "7"}, {"20", "6"}}) {
    const Value noted = statistics.call(
        "note_response", std::string(R"({"at": "2026-09-)") + day + R"(T23:30:00Z", "score": )" + score + "}");
    CHECK(part(noted, "date") == "\"2026-09-" + std::string(day) + "\"");
  }
  // In UTC this is the day after.
  CHECK(part(statistics.call("note_response", R"({"at": "2026-09-20T20:30:00-05:00", "score": 3})"), "date") ==
        "\"2026-09-21\"");
  CHECK(part(statistics.query(R"({"days": 2})"), "nps") ==
        R"({"score":25,"promoters":2,"passives":1,"detractors":1,"responses":4,)"
        R"("previous":{"score":0,"promoters":1,"passives":0,"detractors":1,"responses":2},"change":25,)"
        R"("by_day":[{"date":"2026-09-19","location_id":"loc","score":100,"responses":2},)"
        R"({"date":"2026-09-20","location_id":"loc","score":-50,"responses":2}]})");
  CHECK(
      part(statistics.query(R"({"from": "2026-08-01", "to": "2026-08-02"})"), "nps") ==
      R"({"score":null,"promoters":0,"passives":0,"detractors":0,"responses":0,)"
      R"("previous":{"score":null,"promoters":0,"passives":0,"detractors":0,"responses":0},"change":null,"by_day":[]})");
  CHECK(part(statistics.query(R"({"from": "2026-09-21", "days": 1})"), "locations") == R"(["loc"])");
}

TEST_CASE("answers that are noted at the same time both count") {
  Statistics statistics;
  statistics.services.interfere = [&] {
    statistics.services.state["scores/loc/2026-09"] = json(R"({"2026-09-21": {"9": 4}, "2026-09-01": {"3": 1}})");
  };
  CHECK(part(statistics.call("note_response", R"({"score": 9})"), "responses") == "5");
  CHECK(encode_json(statistics.services.state["scores/loc/2026-09"]) ==
        R"({"2026-09-01":{"3":1},"2026-09-21":{"9":5}})");
}

TEST_CASE("an answer without a score is refused, and nothing is kept of it") {
  Statistics statistics;
  for (const char* score : {"11", "-1", "7.5", "\"\"", "\"good\""}) {
    const Value refused = statistics.call("note_response", std::string(R"({"score": )") + score + "}");
    CHECK(refused.text() == "invalid: score: " + std::string(score) + " is no whole number from 0 to 10");
  }
  CHECK(encode_json(statistics.call("note_response", R"({"score": {"$unknown": "the score"}})")) ==
        R"({"$unknown":"the score"})");
  CHECK(statistics.services.state.empty());
}

TEST_SUITE_END();
