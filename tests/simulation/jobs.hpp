#pragma once

#include <string>

#include "async/loop.hpp"
#include "async/simulated_time.hpp"
#include "plugin/call_places.hpp"
#include "sabotage.hpp"
#include "stock.hpp"

namespace millrace::test {

/// The libraries of one life, without libraries: each call has its place for as long as it goes on, as one that blocks.
/// Beside stock.restock there are
///
///     memo.once   claims a key: whether nobody has claimed it before
///     memo.ask    asks memo.look, which reads a key
class Jobs final : public StockJobs {
 public:
  Jobs(Loop& loop, SimulatedTime& time, Sabotage sabotage) : loop_(loop), time_(time), sabotage_(sabotage) {}
  Task<Result<Value>> call(const Manifest& plugin, const Action& action, Value input, CallServices& services) override;

 private:
  struct Place;
  Task<bool> take(std::string plugin, int depth);
  void give_back(const std::string& plugin, int depth);
  Task<bool> take_worker();
  Task<Result<Value>> once(CallServices& services, std::string key);
  int row_of(int depth) const { return sabotage_ == Sabotage::no_room_inside ? 0 : depth; }

  Loop& loop_;
  SimulatedTime& time_;
  Sabotage sabotage_;
  CallPlaces places_{2};
};

}  // namespace millrace::test
