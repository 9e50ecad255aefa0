#include <doctest/doctest.h>

#include <algorithm>

#include "plans_bench.hpp"
#include "value/json.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::PlansBench;
using test::request;
using test::said;

namespace {

const std::string tidy =
    "triggers:\n  - manual\nactions:\n  - {id: seen, action: shop.things}\n"
    "  - {action: shop.add, with: {op: one}}\n  - {action: shop.put, with: {op: two}}\n";

struct Planner : PlansBench {
  explicit Planner(const std::string& text = tidy) : PlansBench({{"tidy", text}}) {
    far_side.answer = [this](const OutgoingRequest& request) {
      return said(200, request.url.ends_with("/things") ? things : "{}");
    };
  }

  Value asks(const std::string& line, int status, Value body = {}) {
    const OutgoingResponse answer =
        asked(request(line, body.is_null() ? "" : encode_json(body),
                      {{"Host", "127.0.0.1:8710"}, {"Authorization", "Bearer " + token}, {"X-Millrace-Who", "ada"}}));
    CAPTURE(answer.body);
    REQUIRE(answer.status == status);
    return *parse_json(answer.body);
  }
  std::string make(Value body = Value::object({{"workflow", "tidy"}})) {
    const std::string id = asks("POST /api/v1/plans", 202, std::move(body)).text_or("id");
    pass(30s);
    REQUIRE(asks("GET /api/v1/plans/" + id, 200).text_or("state") == "planned");
    return id;
  }
  std::int64_t writes() const {
    return std::count_if(far_side.arrived.begin(), far_side.arrived.end(),
                         [](const std::string& each) { return !each.starts_with("GET"); });
  }

  std::string things = R"({"things": []})";
};

}  // namespace

TEST_SUITE_BEGIN("api");

TEST_CASE("a plan is made, looked at a page at a time, applied once, and what it did is said") {
  Planner bench;
  const std::string id = bench.make();
  CHECK(bench.writes() == 0);
  const Value head = bench.asks("GET /api/v1/plans/" + id, 200);
  CHECK(encode_json(*head.find("counts")) == R"({"create":1,"update":1})");
  CHECK(head.text_or("who") == "ada by api");
  CHECK(head.find("of_file")->is_true());
  CHECK(*head.find("reads") == Value(1));
  CHECK(bench.asks("GET /api/v1/plans", 200).find("plans")->list().size() == 1);
  const Value first = bench.asks("GET /api/v1/plans/" + id + "/changes?limit=1", 200);
  REQUIRE(first.find("changes")->list().size() == 1);
  CHECK(first.find("changes")->list()[0].text_or("summary") == "add one");
  CHECK(*first.find("next") == Value(0));
  const Value rest = bench.asks("GET /api/v1/plans/" + id + "/changes?after=0", 200);
  REQUIRE(rest.find("changes")->list().size() == 1);
  CHECK(rest.find("next")->is_null());
  const Value updates = bench.asks("GET /api/v1/plans/" + id + "/changes?effect=update", 200);
  CHECK(updates.find("changes")->list()[0].text_or("effect") == "update");

  const Value applied = bench.asks("POST /api/v1/plans/" + id + "/apply", 202);
  bench.pass(30s);
  CHECK(bench.writes() == 2);
  const Value after = bench.asks("GET /api/v1/plans/" + id, 200);
  CHECK(after.text_or("state") == "applied");
  CHECK(after.find("not_made")->list().empty());
  CHECK(bench.asks("GET /api/v1/runs/" + applied.text_or("run"), 200).text_or("outcome") == "completed");
  const std::string why = bench.asks("POST /api/v1/plans/" + id + "/apply", 409).find("error")->text_or("message");
  CHECK_MESSAGE(why.find("this plan was applied at ") != std::string::npos, why);
  CHECK_MESSAGE(why.find("by run " + applied.text_or("run")) != std::string::npos, why);
  CHECK_MESSAGE(why.find("make the plan anew") != std::string::npos, why);
  CHECK(bench.writes() == 2);
}

TEST_CASE("a plan is not applied in a world that has changed, and what is different is named") {
  Planner bench;
  const std::string id = bench.make();
  bench.things = R"({"things": [{"op": "three", "id": 3}]})";
  const Value refused = bench.asks("POST /api/v1/plans/" + id + "/apply", 409);
  CHECK_FALSE(refused.find("differences")->list().empty());
  CHECK(bench.writes() == 0);
  const Value head = bench.asks("GET /api/v1/plans/" + id, 200);
  CHECK(head.text_or("state") == "planned");
  CHECK(head.find("refused")->is_map());
  bench.things = R"({"things": []})";
  bench.asks("POST /api/v1/plans/" + id + "/apply", 202);
  bench.pass(30s);
  CHECK(bench.writes() == 2);
}

TEST_CASE("a plan of a text on a screen shows what it would do, and is not applied as long as it is not the file") {
  Planner bench;
  const std::string text = "version: 1\nname: tidy\n" + tidy + "  - {action: shop.push, with: {op: three}}\n";
  const std::string id = bench.make(Value::object({{"workflow", "tidy"}, {"text", text}}));
  const Value head = bench.asks("GET /api/v1/plans/" + id, 200);
  CHECK_FALSE(head.find("of_file")->is_true());
  CHECK(encode_json(*head.find("counts")) == R"({"create":1,"send":1,"update":1})");
  bench.asks("POST /api/v1/plans/" + id + "/apply", 409);
  CHECK(bench.writes() == 0);
  const Value broken =
      bench.asks("POST /api/v1/plans", 422, Value::object({{"workflow", "tidy"}, {"text", "version: 1\nname: A\n"}}));
  CHECK_FALSE(broken.find("findings")->list().empty());
  bench.asks("POST /api/v1/plans", 404, Value::object({{"workflow", "absent"}}));
  bench.asks("POST /api/v1/plans", 400, Value(Map()));
}

TEST_CASE("plans are forgotten when they are told to be, and the oldest when there are too many") {
  Planner bench;
  const std::string first = bench.make();
  bench.asks("DELETE /api/v1/plans/" + first, 200);
  bench.asks("GET /api/v1/plans/" + first, 404);
  bench.asks("DELETE /api/v1/plans/" + first, 404);
  const std::string oldest = bench.make();
  for (std::size_t i = 0; i < KeptPlans::most; ++i) bench.make();
  CHECK(bench.asks("GET /api/v1/plans", 200).find("plans")->list().size() == KeptPlans::most);
  bench.asks("GET /api/v1/plans/" + oldest, 404);
}

TEST_SUITE_END();
