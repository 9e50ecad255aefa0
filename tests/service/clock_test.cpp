#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "journal/keys.hpp"
#include "service_bench.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::said;
using test::ServiceBench;

namespace {

constexpr Duration ten_years = 24h * 3652;

std::string on_hook(const std::string& actions, const std::string& more = "") {
  return "mode: live\n" + more + "triggers:\n  - {webhook: go, verify: public}\nactions:\n" + actions;
}

const std::string add_behind = "  - {action: shop.add, with: {op: behind}}\n";

/// What is done to the clock while something waits.
struct Setting {
  const char* name;
  Duration by, later_by = Duration::zero();  ///< and some time afterwards
  bool restarts = false;
};
const Setting changes[] = {{"left alone", 0s},
                           {"set back", -1h},
                           {"set forward", 1h},
                           {"set far forward", ten_years},
                           {"set far forward and back", ten_years, -ten_years},
                           {"set back, and the service is started again", -1h, 0s, true},
                           {"set far forward, and the service is started again", ten_years, 0s, true}};

void change_clock(ServiceBench& bench, const Setting& change) {
  bench.pass(1min);
  bench.clock_set_by += change.by;
  bench.pass(1min);
  if (change.restarts) bench.restart();
  bench.clock_set_by += change.later_by;
  bench.pass(1min);
}

bool went_on(const ServiceBench& bench) {
  return !bench.far_side.arrived.empty() && bench.far_side.arrived.back() == R"(POST/add {"op":"behind"})";
}

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("a wait that began as a duration takes that long, whatever is done to the clock") {
  struct Wait {
    const char* name;
    std::string actions;
    bool fails = false;  ///< the far side refuses the first request
  };
  const Wait waits[] = {
      {"wait", "  - {wait: 10m}\n" + add_behind},
      {"retry",
       "  - {action: shop.push, with: {op: a}, retry: {attempts: 2, delay: 10m}, on_error: continue}\n" + add_behind,
       true},
      {"approval", "  - {approve: {message: please, expires: 10m}, on_error: continue}\n" + add_behind},
      {"timeout", "  - {do: [{approve: please}], timeout: 10m, on_error: continue}\n" + add_behind},
      {"beside another step", "  - parallel: [[{wait: 10m}], [{wait: 7m}, {wait: 1s}]]\n" + add_behind}};
  for (const Wait& wait : waits) {
    for (const Setting& change : changes) {
      CAPTURE(wait.name);
      CAPTURE(change.name);
      ServiceBench bench({{"waits", on_hook(wait.actions)}});
      if (wait.fails)
        bench.far_side.answer = [](const OutgoingRequest& request) {
          return said(request.url.ends_with("/push") ? 409 : 200);
        };
      bench.delivered("go", "{}");
      change_clock(bench, change);
      bench.pass(6min + 50s);
      CHECK_FALSE(went_on(bench));
      bench.pass(wait.fails ? 90s : 20s);  // a delay is spread by a tenth
      CHECK(went_on(bench));
    }
  }
}

TEST_CASE("a wait for a time follows the clock when it is set") {
  struct Case {
    Duration set_by, takes;
  };
  for (const auto& [set_by, takes] : {Case{0s, 2h}, Case{-1h, 3h}, Case{1h, 1h}, Case{ten_years, 1min}}) {
    CAPTURE(render(set_by));
    ServiceBench bench({{"waits", on_hook("  - {wait: {until: now + duration('2h')}}\n" + add_behind)}});
    bench.delivered("go", "{}");
    bench.pass(30s);
    bench.clock_set_by += set_by;
    bench.pass(takes - 40s);
    CHECK(went_on(bench) == (set_by == ten_years));
    bench.pass(20s);
    CHECK(went_on(bench));
  }
}

TEST_CASE("runs are named after the time of their making again when a clock that had run ahead is set back") {
  ServiceBench bench({{"adds", on_hook(add_behind)}});
  const auto next_is_dated_now = [&bench] {
    const Timestamp made = made_at(*parse_run_key(bench.delivered("go", "{}").front()));
    const std::int64_t off = made.seconds - bench.clock->now().seconds;
    return off >= -1 && off <= 0;
  };
  CHECK(next_is_dated_now());
  bench.clock_set_by += ten_years;
  CHECK(next_is_dated_now());
  bench.clock_set_by -= ten_years;
  CHECK(next_is_dated_now());
  SUBCASE("also where the service was stopped meanwhile") {
    bench.clock_set_by += ten_years;
    CHECK(next_is_dated_now());
    bench.stop();
    bench.clock_set_by -= ten_years;
    bench.start();
    CHECK(next_is_dated_now());
  }
  for (int i = 0; i < 20; ++i) {  // none meets a name that was given before
    bench.clock_set_by += i % 2 == 0 ? 15min : -15min;
    CHECK(next_is_dated_now());
  }
}

TEST_CASE("a clock that is set forward makes no history old") {
  ServiceBench bench({{"adds", on_hook(add_behind)}});
  bench.delivered("go", "{}");
  bench.settle();
  bench.clock_set_by += ten_years;
  bench.pass(3h);
  CHECK(bench.facts().events == 1);
  CHECK(bench.facts().runs == 1);
}

TEST_CASE("runs of one lane keep their order over a restart, whatever was done to the clock between them") {
  const std::string numbered = "  - {action: shop.add, with: {op: \"${{ string(event.n) }}\"}}\n";
  ServiceBench bench({{"adds", on_hook(numbered)}});
  bench.far_side.holds = [](const OutgoingRequest&) { return true; };
  int n = 0;
  for (const Duration by :
       {Duration(72h), Duration(ten_years), Duration(-ten_years), Duration(-2h), Duration(ten_years)}) {
    bench.clock_set_by += by;
    for (int i = 0; i < 2; ++i) bench.delivered("go", "{\"n\": " + std::to_string(n++) + "}");
  }
  bench.stop();
  bench.clock_set_by -= ten_years;
  bench.start();
  bench.delivered("go", "{\"n\": " + std::to_string(n++) + "}");
  bench.far_side.arrived.clear();
  bench.far_side.holds = {};
  bench.restart();
  bench.settle();
  std::vector<std::string> expected;
  for (int i = 0; i < n; ++i) expected.push_back("POST/add {\"op\":\"" + std::to_string(i) + "\"}");
  std::string arrived;
  for (const std::string& each : bench.far_side.arrived) arrived += each + " ";
  CHECK_MESSAGE(bench.far_side.arrived == expected, arrived);
}

TEST_SUITE_END();
