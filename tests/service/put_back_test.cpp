#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "service_bench.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::flow;
using test::said;
using test::ServiceBench;

namespace {

using Said = Result<IncomingResponse>;

Said not_now(const OutgoingRequest&) {
  IncomingResponse answer = *said(429);
  answer.headers.set("Retry-After", "60");
  return answer;
}

Said unreachable(const OutgoingRequest& request) {
  if (request.may_have_left != nullptr) *request.may_have_left = false;
  return Error{ErrorCode::unavailable, "there is nobody"};
}

const std::string one_push = "{id: told, action: shop.push, with: {op: told}}";
const std::string many =
    "  - for_each: [1, 2, 3]\n    parallel: 3\n    do:\n"
    "      - {action: shop.push, with: {op: \"told/${{ string(item) }}\"}}\n";

struct Stopped : ServiceBench {
  explicit Stopped(const std::string& actions) : ServiceBench({{"flow", flow("flow", actions)}}) {}
  /// A run comes as far as its writes while the far side answers them so, and then the service stops.
  void stop_while(Said (*refusal)(const OutgoingRequest&)) {
    far_side.answer = [refusal](const OutgoingRequest& request) {
      return request.method == "GET" ? said(200) : refusal(request);
    };
    delivered("flow", "{}");
    pass(200ms);
    REQUIRE(outcomes() == std::map<std::string, int>{{"running", 1}});
    restart_within();
  }
  void restart_within() {
    stop();
    far_side.answer = nullptr;
    before = far_side.arrived.size();
    start();
  }
  std::size_t sent() const { return far_side.arrived.size() - before; }
  std::size_t before = 0;
};

const std::map<std::string, int> completed{{"completed", 1}};

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("a write that had not left when the service stopped leaves when it is started again, and nobody is asked") {
  for (Said (*refusal)(const OutgoingRequest&) : {not_now, unreachable}) {
    const std::vector<std::pair<std::string, std::size_t>> places = {
        {"  - " + one_push + "\n", 1},
        {"  - {action: shop.push, with: {op: told}, retry: {attempts: 3, delay: 1s}}\n", 1},
        {"  - {action: shop.push, with: {op: told}, timeout: 10m}\n", 1},
        {"  - {action: shop.make, with: {op: told}}\n", 1},
        {"  - timeout: 10m\n    do:\n      - " + one_push + "\n", 1},
        {"  - if: \"true\"\n    then:\n      - " + one_push + "\n", 1},
        {many, 3}};
    for (const auto& [place, writes] : places) {
      CAPTURE(place);
      Stopped bench(place);
      bench.stop_while(refusal);
      bench.pass(120s);
      CHECK(bench.outcomes() == completed);
      CHECK(bench.sent() == writes);
      CHECK_MESSAGE(bench.alarms().empty(), bench.alarms());
    }
  }
}

TEST_CASE("a write is put back at every stop before it leaves, and no attempt of its retry is used up by that") {
  const std::string retried = "  - {action: shop.push, with: {op: told}, retry: {attempts: 2, delay: 1s}}\n";
  Stopped bench(retried);
  bench.far_side.answer = not_now;
  bench.delivered("flow", "{}");
  for (int n = 0; n < 3; ++n) {
    bench.pass(2s);
    REQUIRE(test::told(bench.outcomes()) == "running=1 ");
    bench.stop(3s);
    bench.start();
  }
  bench.far_side.answer = nullptr;
  bench.pass(120s);
  CHECK(test::told(bench.outcomes()) == "completed=1 ");
  const StoredRun run = *test::ask(bench.loop, bench.store->history().read_run(bench.only("flow")));
  int begun = 0;
  for (const RunEvent& event : run.events) {
    begun += std::holds_alternative<StepStarted>(event.what) ? 1 : 0;
    begun -= std::holds_alternative<StepPutBack>(event.what) ? 1 : 0;
  }
  CHECK(begun == 1);
}

TEST_CASE("a write under way when the service stops is unsure, for it may have happened") {
  Stopped bench("  - " + one_push + "\n");
  bench.far_side.holds = [](const OutgoingRequest&) { return true; };
  bench.delivered("flow", "{}");
  bench.pass(1s);
  bench.far_side.holds = nullptr;
  bench.restart_within();
  bench.pass(60s);
  CHECK(bench.outcomes() == std::map<std::string, int>{{"parked", 1}});
  CHECK(bench.sent() == 0);
}

TEST_CASE("a crash leaves nothing put back: what had begun may have left") {
  Stopped bench("  - " + one_push + "\n");
  bench.far_side.answer = not_now;
  bench.delivered("flow", "{}");
  bench.pass(1s);
  bench.crash();
  bench.far_side.answer = nullptr;
  bench.start();
  bench.pass(60s);
  CHECK(bench.outcomes() == std::map<std::string, int>{{"parked", 1}});
}

TEST_CASE("what was called off before it had left has not happened, whether the service stops then or not") {
  Stopped bench("  - " + one_push + "\n");
  bench.far_side.answer = not_now;
  bench.delivered("flow", "{}");
  bench.pass(1s);
  const RunKey run = bench.only("flow");
  bench.stop(1s);
  CHECK(bench.offline([run](Control& control) { return control.cancel(run, "somebody"); }));
  bench.far_side.answer = nullptr;
  bench.start();
  bench.pass(120s);
  CHECK(bench.outcomes() == std::map<std::string, int>{{"cancelled", 1}});
  CHECK(bench.arrivals("told") == 1);
}
