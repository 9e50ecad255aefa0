#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gate_bench.hpp"

namespace millrace::test {

using namespace std::chrono_literals;

inline Task<OutgoingResponse> answer_late(GateBench& bench, IncomingRequest request) {
  bench.arrived.push_back(std::move(request));
  co_return reply(200, "{}");
}

/// A service whose far side fails for a while. Pauses cost no time. Those before a trial are told from those between
/// the attempts of one request by their length; only they move the clock.
class Outage {
 public:
  Outage() {
    bench.options.wait_while_down = true;
    bench.options.jitter = [] { return 0.0; };
    bench.options.pause = [this](Duration wait) { return pause(wait); };
    bench.options.on_down = [this](const std::string& connection, const std::string& reason) {
      told += connection + (reason.empty() ? " is back" : " is down: " + bench.without_address(reason)) + "\n";
    };
  }
  ~Outage() {
    if (late_) ask(bench.loop, late_->stop());
  }

  /// Nobody listens at the connection's address before that many trials had to wait.
  void nobody_listens_before(std::size_t trials) {
    HttpHandler none = [](IncomingRequest) -> Task<OutgoingResponse> { co_return OutgoingResponse(); };
    auto opened = open_http_server(bench.loop, "127.0.0.1:0", none);
    REQUIRE(opened);
    address_ = "127.0.0.1:" + std::to_string((*opened)->port());
    ask(bench.loop, (*opened)->stop());
    bench.project.connections[0].base_url = "http://" + address_;
    listens_after_ = trials;
  }

  /// Answers 503 until that many trials had to wait.
  void fails_before(std::size_t trials) {
    bench.answer_with(
        [this, trials](const IncomingRequest&) { return reply(trial_waits.size() < trials ? 503 : 200, "{}"); });
  }

  /// Begins at once; `outcomes` has what came of it, by step.
  void spawn(const std::string& step, const std::string& action, Value input = Map(), Deadline deadline = {}) {
    CallSite site = bench.site(step);
    site.deadline = deadline;
    scope.spawn(perform(bench.action("shop." + action), std::move(input), std::move(site)));
  }
  void done() { ask(bench.loop, scope.done()); }
  void read(int count) {
    for (int number = 0; number < count; ++number) spawn("read" + std::to_string(number), "tags.list");
    done();
  }
  /// Brings the connection down by three reads, and leaves them waiting until `release`.
  void go_down(const std::string& action = "tags.list", const Value& input = Map()) {
    hold = true;
    for (int number = 0; number < 3; ++number) spawn("first" + std::to_string(number), action, input);
    ask(bench.loop, until_waiting(3));
  }
  Task<void> until_waiting(std::int64_t count) {
    while (health().waiting < count) co_await sleep_for(1ms);
  }
  void release() {
    hold = false;
    released_.announce();
  }

  Gate& gate() {
    if (!gate_) gate_ = open_live_gate(bench.outside(), rules);
    return *gate_;
  }
  ConnectionHealth health() { return bench.courier().health().at(0); }

  GateBench bench;
  GateRules rules;
  std::map<std::string, std::string> outcomes;
  std::string told;
  std::vector<std::int64_t> trial_waits;  // in seconds
  bool hold = false;                      // pauses before trials last until `release`
  Scope scope{bench.loop};

 private:
  Task<void> perform(const Action& action, Value input, CallSite site) {
    const std::string step = site.step;
    const auto output = co_await gate().perform(action, std::move(input), std::move(site));
    outcomes[step] = bench.shown(output);
  }

  Task<bool> pause(Duration wait) {
    if (wait < 900ms) co_return true;
    bench.passed += wait;
    trial_waits.push_back((wait + 500ms) / 1s);
    if (trial_waits.size() == listens_after_) listen();
    while (hold) {
      const bool undisturbed = co_await released_.wait();
      if (!undisturbed) co_return false;
    }
    co_return true;
  }

  void listen() {
    HttpHandler handler = [this](IncomingRequest request) { return answer_late(bench, std::move(request)); };
    auto opened = open_http_server(bench.loop, address_, handler);
    REQUIRE(opened);
    late_ = std::move(*opened);
  }

  std::unique_ptr<Gate> gate_;
  std::unique_ptr<HttpServer> late_;
  std::string address_;
  std::size_t listens_after_ = 0;
  News released_;
};

}  // namespace millrace::test
