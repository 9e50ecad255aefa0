#pragma once

#include <memory>
#include <utility>

#include "courier/courier.hpp"
#include "far_side.hpp"
#include "jobs.hpp"
#include "journal/store.hpp"
#include "premises.hpp"
#include "random.hpp"
#include "sabotage.hpp"
#include "service/service.hpp"
#include "simulated_disk.hpp"

namespace millrace::test {

/// What a life of the engine is lived in.
struct Surroundings {
  Loop& loop;
  SimulatedTime& time;
  Clock& clock;
  Trace& trace;
  FarSide& far_side;
  const Premises& premises;
  Sabotage sabotage = Sabotage::none;
};

/// The engine from one start to its end: all that a crash takes away.
///
/// A crash is that nothing of a life reaches the world any more: it is `dead`, its requests do not leave, its disk is
/// one that nobody reads again, and what it says is not heard. What is left of it in memory is then put away.
class Life {
 public:
  Life(const Surroundings& in, const SimulatedDisk& disk, std::uint64_t seed)
      : in_(in), disk_(disk), random_(seed), jobs_(in.loop, in.time, in.sabotage) {
    if (seed % 8 == 0) budget_.held_bytes = 1;  // runs have memory one by one, and their callers none
  }

  Task<Status> start();
  void die() noexcept { dead_ = true; }
  bool dead() const { return dead_ || !disk_.has_power(); }
  /// Ends what is left of it. REQUIRES: it is dead, or drained.
  Task<void> put_away();

  /// Whoever asks something of its service or its store stays until he has the answer.
  class Visit {
   public:
    explicit Visit(std::shared_ptr<Life> life) : life_(std::move(life)) { ++life_->visitors_; }
    ~Visit() {
      --life_->visitors_;
      life_->left_.announce();
    }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

   private:
    std::shared_ptr<Life> life_;
  };
  Service& service() noexcept { return *service_; }
  Store& store() noexcept { return *store_; }

 private:
  Surroundings in_;
  const SimulatedDisk& disk_;
  Random random_;
  ServiceBudget budget_;
  bool dead_ = false;
  int visitors_ = 0;
  News left_;
  Metrics metrics_;
  Jobs jobs_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<HttpClient> way_out_;
  std::unique_ptr<Courier> courier_;
  std::unique_ptr<Service> service_;
};

}  // namespace millrace::test
