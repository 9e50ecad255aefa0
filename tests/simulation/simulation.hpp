#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "disk.hpp"
#include "far_side.hpp"
#include "life.hpp"
#include "premises.hpp"
#include "random.hpp"
#include "sabotage.hpp"
#include "trace.hpp"

namespace millrace::test {

/// Stands in the note of a run that was under way in too many crashes.
inline constexpr std::string_view gave_up = "the engine died";

/// A wall clock that can be set, over simulated time.
class WallClock final : public Clock {
 public:
  /// `follows`: a mistake; what lasts is taken from the clock that can be set.
  WallClock(const SimulatedTime& time, bool follows) : time_(time), follows_(follows) {}
  Timestamp now() const override { return shown(ahead_); }
  Timestamp lasting() const override { return shown(follows_ ? ahead_ : Duration::zero()); }
  void jump(Duration by) noexcept { ahead_ += by; }

 private:
  Timestamp shown(Duration ahead) const;

  const SimulatedTime& time_;
  bool follows_;
  Duration ahead_ = {};
};

/// One delivery of a webhook, and what its sender knows of it.
struct Delivery {
  std::string id, path, lane;
  bool loud = false, soon = false, late = false, calls = false;
  Duration at = {};
  bool promised = false;                          ///< a 2xx came to the sender
  std::vector<std::string> runs;                  ///< as the first receipt named them
  std::uint64_t first_sent = 0, promised_at = 0;  ///< places in the order of all that senders did
  int sent = 0, receipts = 0;

  std::string body() const;
};

/// What the store holds at the end.
struct Found {
  std::vector<RunHead> runs;
  std::vector<EventHead> events;
};

/// What the world did to the engine, and what its people asked of it: for the oracle, to know what may be.
struct Doings {
  std::set<std::string> workflows;            ///< that are there
  std::map<std::string, int> faults;          ///< how often each happened
  std::set<std::string> paused, ever_paused;  ///< workflows; "" for all
  std::set<std::string> cancelled;            ///< runs that somebody wanted called off
  std::set<std::string> called_off;           ///< those of which somebody was told that they are
  bool clock_set = false;
  Timestamp ready, last_ready;          ///< when it was first ready, and when it was told to stop for the last time
  std::vector<std::string> complaints;  ///< what went wrong on the spot
};

/// What came of one seed.
struct Outcome {
  std::vector<std::string> violations;
  bool stuck = false;  ///< it came to no end: what is left of it cannot be put away
  std::uint64_t hash = 0;
  std::string trace;
  std::map<std::string, int> faults;
  std::size_t runs = 0;
};

/// One world, out of one seed.
class Simulation {
 public:
  Simulation(const Premises& premises, std::uint64_t seed, Sabotage sabotage, bool told);
  Outcome live();

 private:
  // simulation.cpp: lives
  Task<void> main();
  Task<void> begin_life();
  Task<void> bury(std::shared_ptr<Life> life);
  Task<void> supervise();
  Task<void> settle();
  Task<bool> at_rest();
  Task<void> look_back();
  void crash(Disk::Crash how);
  void crash_where_power_failed();
  void bury_process();
  // script.cpp: what happens to the engine
  void make_deliveries();
  Task<void> deliver(Delivery& delivery);
  Task<bool> send(Delivery& delivery);
  Task<void> change_items();
  Task<void> trouble();
  Task<void> happen();
  void end_of_the_engine();
  Task<void> trouble_disk();
  Task<void> trouble_network();
  Task<void> people();
  Task<void> pause_and_resume(std::shared_ptr<Life> life);
  Task<void> call_off(std::shared_ptr<Life> life);
  Task<void> order_to_call_off(std::shared_ptr<Life> life, RunKey run);
  Task<void> drain_and_stop();
  Task<bool> resolve_parked(std::shared_ptr<Life> life);
  void note(const std::string& fault);
  std::string a_run();

  const Premises& premises_;
  Random random_;
  SimulatedTime time_;
  Trace trace_;
  Loop loop_;
  WallClock clock_;
  Disk disk_;
  FarSide far_side_;
  Sabotage sabotage_;
  Duration job_slowest_ = std::chrono::milliseconds(4);
  std::vector<Delivery> deliveries_;
  Doings doings_;
  Found found_;
  std::shared_ptr<Life> process_;  ///< the engine as a process, also while it starts and stops
  std::shared_ptr<Life> life_;     ///< the same where it is ready
  std::uint64_t senders_ = 0;
  bool ending_ = false, calm_ = false, resolved_ = false;
  Scope scope_, graves_;
};

/// Holds what the engine did against what it promised; knows nothing of how it works.
std::vector<std::string> judge(const std::vector<Delivery>& deliveries, const Found& found, const FarSide& far_side,
                               const Doings& doings);

}  // namespace millrace::test
