#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "journal/keys.hpp"
#include "service_bench.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::behind;
using test::flow;
using test::ServiceBench;
using test::told;

namespace {

const std::string calls_low = "  - {id: asked, call: low, with: {n: 1}}\n";

/// A system whose things belong to locations.
constexpr const char* places_manifest = R"({
  "manifest": 1, "name": "places", "version": "1.0.0", "summary": "Places",
  "connection": {"auth": "bearer", "locations": true},
  "actions": {"look": {
    "summary": "Look at a place", "effect": "read", "target": "place",
    "input": {"type": "object", "properties": {"location_id": {"type": "string"}}, "required": ["location_id"],
              "additionalProperties": false},
    "output": {"type": "object"}, "request": {"method": "GET", "path": "/places/{location_id}"},
    "repeat": "idempotent", "examples": []}}
})";

std::string put_step(const std::string& op) { return "  - {action: shop.put, with: {op: '" + op + "'}}\n"; }

std::string at(const std::string& locations, const std::string& actions, const std::string& mode = "live") {
  const std::string where = locations.empty() ? "" : "locations: [" + locations + "]\n";
  return "mode: " + mode + "\nconcurrency: parallel\n" + where + "triggers: [manual]\nactions:\n" + actions;
}

const std::string asks =
    put_step("first ${{ run.location }}") + "  - approve: {message: ok}\n" + put_step("second ${{ run.location }}");

/// `top` calls `low`, whose file changes meanwhile, and puts behind its call.
struct Edited : ServiceBench {
  explicit Edited(const std::string& low, const std::string& top = calls_low + behind)
      : ServiceBench({{"top", flow("top", top)}, {"low", at("", low)}}) {
    folder.write("plugins/places/places.json", places_manifest);
    catalog = Catalog::load(folder.path() / "plugins", folder.path() / "none");
    ConnectionSettings places;
    places.name = places.plugin = "places";
    places.base_url = "http://places.test";
    places.locations = {"a", "b", "c"};
    stop();
    project.connections.push_back(places);
    start();
  }
  void write(const std::string& low) { rewrite("low", "version: 1\nname: low\n" + low); }
  void remove() {
    std::filesystem::remove(folder.path() / "workflows/low.yaml");
    test::ask(loop, service->reload("ada"));
  }
  void approve_all() {
    for (int rounds = 0; rounds < 6; ++rounds) {
      for (const RunHead& run : runs("low")) {
        if (run.outcome == RunOutcome::waiting)
          REQUIRE(test::ask(loop, service->approve(run.key, Approval{true, ""}, "somebody")));
      }
      pass(2s);
    }
  }
};

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("what was called goes on as it was when it was called, whatever becomes of its file meanwhile") {
  using Edit = std::function<void(Edited&)>;
  const std::vector<std::pair<std::string, Edit>> edits = {
      {"one location", [](Edited& bench) { bench.write(at("a", asks)); }},
      {"another location", [](Edited& bench) { bench.write(at("c", asks)); }},
      {"all locations", [](Edited& bench) { bench.write(at("a, b, c", asks)); }},
      {"other steps", [](Edited& bench) { bench.write(at("a, b", put_step("else ${{ run.location }}"))); }},
      {"removed", [](Edited& bench) { bench.remove(); }},
      {"broken", [](Edited& bench) { bench.write("actions: 3\n"); }},
      {"a dry run", [](Edited& bench) { bench.write(at("a", asks, "dry_run")); }},
  };
  for (const std::vector<std::string>& locations : {std::vector<std::string>{"a"}, {"a", "b"}, {"c", "b", "a"}}) {
    for (const auto& [name, edit] : edits) {
      for (const bool restarts : {false, true}) {
        CAPTURE(locations.size());
        CAPTURE(name);
        CAPTURE(restarts);
        std::string all;
        for (const std::string& each : locations) all += (all.empty() ? "" : ", ") + each;
        Edited bench(asks);
        bench.write(at(all, asks));
        bench.delivered("top", "{}");
        bench.pass(10s);
        edit(bench);
        if (restarts) bench.restart();
        bench.approve_all();
        bench.settle();
        CHECK(told(bench.outcomes("top")) == "completed=1 ");
        CHECK(bench.arrivals("behind") == 1);
        for (const std::string& each : locations) {
          CHECK(bench.arrivals("first " + each) == 1);
          CHECK(bench.arrivals("second " + each) == 1);
        }
        CHECK(bench.far_side.arrived.size() == 2 * locations.size() + 1);
      }
    }
  }
}

TEST_CASE("a caller that is tried again finds what it called at each location, however many there are by now") {
  const std::string fails = put_step("before ${{ run.location }}") +
                            "  - {action: shop.push, with: {op: 'refused ${{ run.location }}'}}\n" +
                            put_step("after ${{ run.location }}");
  for (const std::string then : {"a", "b", "a, b", "b, a, c"}) {
    for (const std::string now : {"a", "b", "a, b", "a, b, c", ""}) {
      CAPTURE(then);
      CAPTURE(now);
      bool broken = true;
      Edited bench(fails);
      bench.far_side.answer = [&broken](const OutgoingRequest& request) {
        return test::said(broken && request.body.find("refused") != std::string::npos ? 400 : 200);
      };
      bench.write(at(then, fails));
      bench.delivered("top", "{}");
      bench.settle();
      REQUIRE(told(bench.outcomes("top")) == "failed=1 ");
      if (now.empty()) {
        bench.remove();
      } else {
        bench.write(at(now, fails));
      }
      broken = false;
      bench.pass(1s);
      REQUIRE(test::ask(bench.loop, bench.service->retry(bench.only("top"), "", "somebody")));
      bench.settle();
      CHECK(told(bench.outcomes("top")) == "completed=1 ");
      for (const std::string place : {"a", "b", "c"}) {
        CAPTURE(place);
        const std::string& asked_for = now.empty() ? then : now;
        const bool was = then.find(place) != std::string::npos, is = asked_for.find(place) != std::string::npos;
        CHECK(bench.arrivals("before " + place) == (was || is ? 1 : 0));
        CHECK(bench.arrivals("after " + place) == (is ? 1 : 0));
      }
    }
  }
}

TEST_CASE("a group that is tried again calls once more where it asks for something else, and else finds what is done") {
  for (const bool differs : {false, true}) {
    CAPTURE(differs);
    int reads = 0, closes = 0;
    Edited bench(
        put_step("order ${{ event.n }}"),
        "  - do:\n      - {id: next, action: shop.items}\n      - {call: low, with: {n: \"${{ next.n }}\"}}\n"
        "      - {action: shop.put, with: {op: close}}\n    retry: {attempts: 4, delay: 1s, backoff: fixed}\n");
    bench.far_side.answer = [&](const OutgoingRequest& request) {
      if (request.method == "GET")
        return test::said(200, "{\"n\": " + std::to_string(differs ? std::min(++reads, 2) : 1) + "}");
      const bool closing = request.body.find("close") != std::string::npos;
      return test::said(closing && ++closes < 3 ? 409 : 200);
    };
    bench.delivered("top", "{}");
    bench.settle();
    CHECK(told(bench.outcomes("top")) == "completed=1 ");
    CHECK(closes == 3);
    CHECK(bench.arrivals("order 1") == 1);
    CHECK(bench.arrivals("order 2") == (differs ? 1 : 0));
  }
}

TEST_SUITE_END();
