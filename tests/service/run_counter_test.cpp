#include <doctest/doctest.h>

#include <map>
#include <sstream>
#include <string>

#include "service_bench.hpp"
#include "slow_disk.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::said;
using test::ServiceBench;

namespace {

std::string live(const std::string& actions) {
  return "mode: live\ntriggers:\n  - {webhook: go, verify: public}\nactions:\n" + actions;
}

bool goes_to(const OutgoingRequest& request, const std::string& place) { return request.url.ends_with(place); }

const std::string restock = "  - {action: stock.restock, with: {op: \"${{ event.op }}\"}}\n";

/// The steps that were timed, and no others: each took the far side's time and at most one flush more.
void check_durations(const ServiceBench& bench, const std::map<std::string, int>& steps, Duration each) {
  std::string counts;
  std::istringstream lines(bench.shown("millrace_step_duration_seconds"));
  for (std::string line; std::getline(lines, line);) {
    if (line.find("_count{") != std::string::npos) counts += line + "\n";
  }
  std::string expected;
  for (const auto& [action, count] : steps) {
    const std::string labels = "{action=\"" + action + "\",mode=\"live\"} ";
    expected += "millrace_step_duration_seconds_count" + labels + std::to_string(count) + "\n";
    const std::string sums = bench.shown("millrace_step_duration_seconds_sum" + labels);
    const double took = sums.empty() ? 0 : std::stod(sums.substr(sums.rfind(' ')));
    const auto seconds = [count](Duration time) { return count * std::chrono::duration<double>(time).count(); };
    CHECK(took >= seconds(each) * 0.999);
    CHECK(took <= seconds(each + test::flush_time()) * 1.001);
  }
  CHECK(counts == expected);
}

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("writes are counted by kind and by how they ended, and reads are not") {
  ServiceBench bench({{"shop", live("  - {action: shop.items}\n"
                                    "  - {action: shop.add, with: {op: a}}\n"
                                    "  - {action: shop.add, with: {op: b}}\n"
                                    "  - {action: shop.put, with: {op: c}, on_error: continue}\n"
                                    "  - {action: shop.push, with: {op: d}}\n")}});
  bench.far_side.answer = [](const OutgoingRequest& request) -> Result<IncomingResponse> {
    if (goes_to(request, "/put")) return said(422);
    if (goes_to(request, "/push")) return Error{ErrorCode::unsure, "the connection broke"};
    return said(200);
  };
  bench.delivered("go", "{}");
  bench.pass(10s);
  CHECK(bench.outcomes() == std::map<std::string, int>{{"parked", 1}});
  CHECK(bench.shown("millrace_effects_total") ==
        "millrace_effects_total{kind=\"create\",outcome=\"done\"} 2\n"
        "millrace_effects_total{kind=\"send\",outcome=\"unsure\"} 1\n"
        "millrace_effects_total{kind=\"update\",outcome=\"failed\"} 1\n");
}

TEST_CASE("a request whose step accepts every answer is counted by its status, as the effect that its step names") {
  ServiceBench bench({{"shop", live("  - {action: shop.ask, with: {op: a, effect: read}}\n"
                                    "  - {action: shop.ask, with: {op: b, effect: delete, accept: any}}\n"
                                    "  - {action: shop.ask, with: {op: c}}\n")}});
  bench.far_side.answer = [](const OutgoingRequest& request) {
    return said(request.body == R"({"op":"b"})" ? 404 : 200);
  };
  bench.delivered("go", "{}");
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 1}});
  CHECK(bench.effects("delete", "failed") == 1);
  CHECK(bench.effects("update", "done") == 1);
  CHECK(bench.all_effects() == 2);
}

TEST_CASE("each write of a job is counted by itself, and the job is none") {
  ServiceBench bench({{"shop", live(restock + "  - {action: stock.list, with: {op: list}}\n")}});
  bench.delivered("go", R"({"op": "x"})");
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 1}});
  CHECK(bench.effects("send", "done") == 1);
  CHECK(bench.effects("create", "done") == 3);  // two things and a file
  CHECK(bench.all_effects() == 4);
}

TEST_CASE("of a job's writes, one that was refused has failed, and one without an answer is unsure") {
  ServiceBench bench({{"shop", live(restock)}});
  bench.far_side.answer = [](const OutgoingRequest& request) -> Result<IncomingResponse> {
    if (goes_to(request, "/add")) return said(request.body.find("bad") != std::string::npos ? 422 : 200);
    return Error{ErrorCode::unsure, "the connection broke"};
  };
  bench.delivered("go", R"({"op": "bad"})");
  bench.settle();
  CHECK(bench.effects("create", "failed") == 1);
  CHECK(bench.all_effects() == 1);
  bench.delivered("go", R"({"op": "good"})");
  bench.pass(10s);
  CHECK(bench.outcomes() == std::map<std::string, int>{{"failed", 1}, {"parked", 1}});
  CHECK(bench.effects("create", "done") == 1);
  CHECK(bench.effects("send", "unsure") == 1);
  CHECK(bench.all_effects() == 3);
}

TEST_CASE("a write that a safety limit stopped did not leave, so it is not counted") {
  ServiceBench bench({{"shop", "safety: {max_changes: 1}\n" + live("  - {action: shop.add, with: {op: a}}\n"
                                                                   "  - {action: shop.add, with: {op: b}}\n")}});
  bench.delivered("go", "{}");
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"stopped_by_safety", 1}});
  CHECK(bench.effects("create", "done") == 1);
  CHECK(bench.all_effects() == 1);
}

TEST_CASE("of a dry run no write is counted, but how long its steps take") {
  const std::string actions = "actions:\n  - {action: shop.items}\n  - {action: shop.add, with: {op: a}}\n";
  ServiceBench bench({{"shop", "triggers:\n  - {webhook: go, verify: public}\n" + actions}});
  bench.delivered("go", "{}");
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 1}});
  CHECK(bench.all_effects() == 0);
  CHECK(bench.shown("millrace_step_duration_seconds").find("{action=\"shop.items\",mode=\"plan\"} 1\n") !=
        std::string::npos);
}

TEST_CASE(
    "a retry is counted when the step is set to be tried again, and the step's time is that of its last attempt") {
  ServiceBench bench({{"shop", live("  - {action: shop.push, with: {op: a}, retry: {attempts: 3, delay: 1m}}\n")}});
  int refusals = 2;
  bench.far_side.takes = 250ms;
  bench.far_side.answer = [&](const OutgoingRequest&) { return said(refusals-- > 0 ? 409 : 200); };
  bench.delivered("go", "{}");
  bench.pass(1s);
  CHECK(bench.metrics.series("millrace_retries_total").value() == 1);
  CHECK(bench.shown("millrace_step_duration_seconds").empty());
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 1}});
  CHECK(bench.metrics.series("millrace_retries_total").value() == 2);
  check_durations(bench, {{"shop.push", 1}}, 250ms);
  CHECK(bench.effects("send", "failed") == 2);
  CHECK(bench.effects("send", "done") == 1);
}

TEST_CASE(
    "a step that fails for good has its time counted once, be its failure handled or not, inside a loop as well") {
  const std::string adds = "{action: shop.put, with: {op: a}";
  ServiceBench bench(
      {{"shop", live("  - {for_each: \"${{ [1, 2, 3] }}\", as: n, do: [" + adds + ", on_error: continue}]}\n  - " +
                     adds + ", on_error: [{action: shop.add, with: {op: b}}]}\n  - " + adds + "}\n")}});
  bench.far_side.takes = 500ms;
  bench.far_side.answer = [](const OutgoingRequest& request) { return said(goes_to(request, "/put") ? 422 : 200); };
  bench.delivered("go", "{}");
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"failed", 1}});
  check_durations(bench, {{"shop.add", 1}, {"shop.put", 5}}, 500ms);
}

TEST_CASE("what was counted is not counted again when its run is taken up, after a wait or in the next service") {
  ServiceBench bench({{"shop", live("  - {action: shop.add, with: {op: a}}\n" + restock +
                                    "  - {action: shop.put, with: {op: b}, retry: {attempts: 2, delay: 1m}}\n"
                                    "  - {wait: 1h}\n"
                                    "  - {action: shop.push, with: {op: c}}\n")}});
  int refusals = 1;
  bench.far_side.answer = [&](const OutgoingRequest& request) {
    return said(goes_to(request, "/put") && refusals-- > 0 ? 409 : 200);
  };
  bench.delivered("go", R"({"op": "x"})");
  bench.pass(10s);
  bench.restart();
  bench.pass(2min);
  bench.restart();
  bench.pass(2h);
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 1}});
  CHECK(bench.shown("millrace_effects_total") ==
        "millrace_effects_total{kind=\"create\",outcome=\"done\"} 3\n"
        "millrace_effects_total{kind=\"send\",outcome=\"done\"} 2\n"
        "millrace_effects_total{kind=\"update\",outcome=\"done\"} 1\n"
        "millrace_effects_total{kind=\"update\",outcome=\"failed\"} 1\n");
  CHECK(bench.metrics.series("millrace_retries_total").value() == 1);
  CHECK(bench.shown("millrace_step_duration_seconds_count") ==
        "millrace_step_duration_seconds_count{action=\"shop.add\",mode=\"live\"} 1\n"
        "millrace_step_duration_seconds_count{action=\"shop.push\",mode=\"live\"} 1\n"
        "millrace_step_duration_seconds_count{action=\"shop.put\",mode=\"live\"} 1\n"
        "millrace_step_duration_seconds_count{action=\"stock.restock\",mode=\"live\"} 1\n");
}

TEST_CASE("a write without an answer is counted once, however often its job is tried again and taken up") {
  ServiceBench bench({{"shop", live("  - {action: stock.restock, with: {op: x}, if_unsure: try_again, "
                                    "retry: {attempts: 3, delay: 1m}}\n")}});
  bench.far_side.answer = [](const OutgoingRequest& request) -> Result<IncomingResponse> {
    if (goes_to(request, "/push")) return Error{ErrorCode::unsure, "the connection broke"};
    return said(200);
  };
  bench.delivered("go", "{}");
  bench.pass(10s);
  CHECK(bench.effects("send", "unsure") == 1);
  bench.restart();
  bench.pass(10min);
  CHECK(bench.metrics.series("millrace_retries_total").value() == 2);
  CHECK(bench.outcomes() == std::map<std::string, int>{{"parked", 1}});
  CHECK(bench.effects("send", "unsure") == 1);
  CHECK(bench.effects("create", "done") == 1);
  CHECK(bench.all_effects() == 2);
}

TEST_CASE("a write that was under way in the service before is counted where its end is known") {
  ServiceBench bench({{"shop", live("  - {action: shop.add, with: {op: a}}\n")}, {"work", live(restock)}});
  bench.far_side.holds = [](const OutgoingRequest& request) { return request.body.find("/one") == std::string::npos; };
  bench.delivered("go", R"({"op": "x"})");
  bench.pass(1s);
  CHECK(bench.all_effects() == 1);  // the job's first; its push and the shop's add are held
  bench.stop();
  CHECK(bench.all_effects() == 1);
  bench.far_side.holds = {};
  bench.start();
  bench.pass(10s);
  CHECK(bench.outcomes("shop") == std::map<std::string, int>{{"completed", 1}});
  CHECK(bench.outcomes("work") == std::map<std::string, int>{{"parked", 1}});
  CHECK(bench.effects("create", "done") == 2);
  CHECK(bench.effects("send", "unsure") == 1);
  CHECK(bench.all_effects() == 3);
  bench.restart();
  CHECK(bench.all_effects() == 3);
}

TEST_SUITE_END();
