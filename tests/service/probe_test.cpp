#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "service_bench.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::said;
using test::ServiceBench;

namespace {

struct After {
  std::string outcome, note, output;
  std::ptrdiff_t made = 0;  ///< how often the far side was told to make it
};

/// The engine dies while a thing is being made; the next one finds this answer to the question for all things.
After death(Result<IncomingResponse> things, const std::string& more = "") {
  ServiceBench bench({{"make",
                       "mode: live\ntriggers:\n  - {webhook: make, verify: public}\nactions:\n"
                       "  - {id: made, action: shop.make, with: {op: Spring Sale}" +
                           more +
                           "}\n"
                           "  - {action: shop.add, with: {op: \"after ${{ made.made }}\"}}\n"}});
  bench.far_side.holds = [](const OutgoingRequest& request) { return request.url.ends_with("/make"); };
  const RunKey run = *parse_run_key(bench.delivered("make", "{}").front());
  bench.pass(1s);
  REQUIRE(bench.far_side.arrived == std::vector<std::string>{R"(POST/make {"op":"Spring Sale"})"});
  bench.crash();
  bench.far_side.holds = {};
  bench.far_side.answer = [&things](const OutgoingRequest& request) -> Result<IncomingResponse> {
    if (request.url.ends_with("/things")) return things;
    return said(200, R"({"made": 1})");
  };
  bench.start();
  bench.pass(600s);
  const auto& seen = bench.far_side.arrived;
  const auto stored = test::ask(bench.loop, bench.store->history().read_run(run));
  REQUIRE(stored);
  After after{std::string(name_of(stored->head.outcome)), stored->head.note, seen.back(), 0};
  after.made = std::count(seen.begin(), seen.end(), seen.front());
  return after;
}

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("a write that had not come to the far side when the engine died is done, though the list answers") {
  const After after = death(said(200, R"({"things": [{"op": "winter sale", "id": 6}]})"));
  CHECK(after.outcome == "completed");
  CHECK(after.made == 2);
  CHECK(after.output == R"(POST/add {"op":"after 1"})");
}

TEST_CASE("a write that had come to the far side is found under the name that it has there, and not done again") {
  for (const std::string more : {"", ", if_unsure: check_first"}) {
    const After after =
        death(said(200, R"({"things": [{"op": "winter sale", "id": 6}, {"op": "spring sale", "id": 7}]})"), more);
    CHECK(after.outcome == "completed");
    CHECK(after.made == 1);
    CHECK(after.output == R"(POST/add {"op":"after 7"})");
  }
}

TEST_CASE(
    "a person is asked where several things can be what the write made, where the list cannot be had or searched") {
  const std::string one = R"({"op": "Spring Sale", "id": 7})";
  const std::vector<std::pair<Result<IncomingResponse>, std::string>> answers = {
      {said(200, "{\"things\": [" + one + "," + one + "]}"), "2 things"},
      {said(200, R"({"items": []})"), "things"},
      {said(404), "asking failed"},
      {said(500), "asking failed"},
      {Error{ErrorCode::unavailable, "the far side is gone"}, "asking failed"}};
  for (const auto& [answer, why] : answers) {
    const After after = death(answer);
    CHECK(after.outcome == "parked");
    CHECK(after.note.find("not known whether this happened") != std::string::npos);
    CHECK(after.note.find(why) != std::string::npos);
    CHECK(after.made == 1);
  }
}

TEST_SUITE_END();
