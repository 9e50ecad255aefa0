#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "journal/keys.hpp"
#include "service_bench.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::flow;
using test::ServiceBench;

namespace {

/// Workflows that call one another down to one whose push is refused until the far side is mended.
struct Chain : ServiceBench {
  explicit Chain(std::map<std::string, std::string> workflows) : ServiceBench(std::move(workflows)) {
    far_side.answer = [this](const OutgoingRequest& request) {
      return test::said(broken && request.body.find("refused") != std::string::npos ? 400 : 200);
    };
  }
  Status retry(RunKey run, const std::string& from = "") {
    return test::ask(loop, service->retry(run, from, "somebody"));
  }
  bool broken = true;
};

std::string push(const std::string& op) { return "  - {action: shop.push, with: {op: " + op + "}}\n"; }

std::string calls(const std::string& other, const std::string& more = "") {
  return "  - {id: asked, call: " + other + more + "}\n";
}

const std::map<std::string, std::string> chain_of_three = {
    {"top", flow("top", push("top_before") + calls("middle") + push("top_behind"))},
    {"middle", flow("middle", push("middle_before") + calls("low") + push("middle_behind"))},
    {"low", flow("low", push("low_before") + push("refused") + push("low_behind"))}};

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("a caller that is tried again carries on what it called where that failed, and nothing is done twice") {
  const std::map<std::string, std::function<void(Chain&)>> ways = {
      {"the caller", [](Chain& bench) { REQUIRE(bench.retry(bench.only("top"))); }},
      {"all, callers first",
       [](Chain& bench) {
         REQUIRE(bench.retry(bench.only("top")));
         for (const std::string workflow : {"middle", "low"}) {
           const Status answer = bench.retry(bench.only(workflow));
           if (!answer) CHECK(answer.error().message.find("has not ended") != std::string::npos);
         }
       }},
      {"all, callers last",
       [](Chain& bench) {
         for (const std::string workflow : {"low", "middle", "top"}) REQUIRE(bench.retry(bench.only(workflow)));
       }},
      {"the caller, before the engine dies",
       [](Chain& bench) {
         REQUIRE(bench.retry(bench.only("top")));
         bench.crash();
         bench.start();
       }},
  };
  for (const auto& [name, way] : ways) {
    for (const bool fails_again : {false, true}) {
      CAPTURE(name);
      CAPTURE(fails_again);
      Chain bench(chain_of_three);
      bench.delivered("top", "{}");
      bench.settle();
      CHECK(bench.outcomes() == std::map<std::string, int>{{"failed", 3}});
      if (fails_again) {
        bench.pass(1s);
        REQUIRE(bench.retry(bench.only("top")));
        bench.settle();
        CHECK(bench.outcomes() == std::map<std::string, int>{{"failed", 3}});
      }
      bench.broken = false;
      bench.pass(1s);
      way(bench);
      bench.settle();
      CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 3}});
      for (const char* op :
           {"top_before", "middle_before", "low_before", "low_behind", "middle_behind", "top_behind"}) {
        CAPTURE(op);
        CHECK(bench.arrivals(op) == 1);
      }
      CHECK(bench.arrivals("refused") == (fails_again ? 3 : 2));
    }
  }
}

TEST_CASE("of several calls of a loop only the run that failed is carried on when the caller is tried again") {
  Chain bench({{"top", flow("top",
                            "  - for_each: \"['one', 'refused', 'three']\"\n    parallel: 3\n    do:\n"
                            "      - {call: low, with: {op: \"${{ item }}\"}}\n")},
               {"low", flow("low", push("first") + push("\"${{ event.op }}\""))}});
  bench.delivered("top", "{}");
  bench.settle();
  bench.broken = false;
  bench.pass(1s);
  REQUIRE(bench.retry(bench.only("top")));
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 4}});
  CHECK(bench.arrivals("first") == 3);
  CHECK(bench.arrivals("refused") == 2);
}

TEST_CASE("what its own stop ended, or what was left out, is called anew when the caller is tried again") {
  SUBCASE("ended by its own stop") {
    Chain bench({{"top", flow("top", calls("low"))},
                 {"low", flow("low", push("first") + "  - stop: {outcome: failed, message: not yet}\n")}});
    bench.delivered("top", "{}");
    bench.settle();
    bench.pass(1s);
    REQUIRE(bench.retry(bench.only("top")));
    bench.settle();
    CHECK(bench.runs("low").size() == 2);
    CHECK(bench.arrivals("first") == 2);
  }
  SUBCASE("left out") {
    Chain bench({{"top", flow("top", calls("low"))}, {"low", flow("low", push("first"))}});
    REQUIRE(test::ask(bench.loop, bench.service->pause("low", "somebody")));
    bench.delivered("top", "{}");
    bench.settle();
    REQUIRE(test::ask(bench.loop, bench.service->resume("low", "somebody")));
    bench.pass(1s);
    REQUIRE(bench.retry(bench.only("top")));
    bench.settle();
    CHECK(bench.outcomes("low") == std::map<std::string, int>{{"skipped", 1}, {"completed", 1}});
    CHECK(bench.outcomes("top") == std::map<std::string, int>{{"completed", 1}});
    CHECK(bench.arrivals("first") == 1);
  }
}

TEST_CASE("a step's own retry calls anew") {
  Chain bench(
      {{"top", flow("top", calls("low", ", retry: {attempts: 3, delay: 1s}"))}, {"low", flow("low", push("refused"))}});
  bench.far_side.answer = [](const OutgoingRequest&) { return test::said(404); };
  bench.delivered("top", "{}");
  bench.settle();
  CHECK(bench.outcomes("low") == std::map<std::string, int>{{"failed", 3}});
}

TEST_CASE("from a step on calls are made anew, each time that a person asks for it, and once over a restart") {
  for (const bool restarts : {false, true}) {
    CAPTURE(restarts);
    Chain bench(chain_of_three);
    bench.broken = false;
    bench.delivered("top", "{}");
    bench.settle();
    const RunKey top = bench.only("top");
    for (int times = 2; times < 4; ++times) {
      bench.pass(1s);
      REQUIRE(bench.retry(top, "asked"));
      if (restarts) bench.restart();
      bench.settle();
      CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 1 + 2 * times}});
      for (const char* op : {"middle_before", "low_before", "refused", "low_behind", "middle_behind", "top_behind"}) {
        CAPTURE(op);
        CHECK(bench.arrivals(op) == times);
      }
      CHECK(bench.arrivals("top_before") == 1);
    }
  }
}

TEST_CASE("what was called anew and failed is carried on when the caller is tried again") {
  Chain bench(chain_of_three);
  bench.broken = false;
  bench.delivered("top", "{}");
  bench.settle();
  bench.pass(1s);
  bench.broken = true;
  REQUIRE(bench.retry(bench.only("top"), "asked"));
  bench.settle();
  CHECK(bench.outcomes("low") == std::map<std::string, int>{{"completed", 1}, {"failed", 1}});
  bench.broken = false;
  bench.pass(1s);
  REQUIRE(bench.retry(bench.only("top")));
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 5}});
  CHECK(bench.arrivals("low_before") == 2);
  CHECK(bench.arrivals("refused") == 3);
  CHECK(bench.arrivals("top_behind") == 2);
}

TEST_SUITE_END();
