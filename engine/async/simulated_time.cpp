#include "async/simulated_time.hpp"

#include <algorithm>
#include <stdexcept>

namespace millrace {

SimulatedTime::Place SimulatedTime::wait(Moment moment, std::function<void()> what) {
  const Place place(moment, ++asked_);
  waiting_.emplace(place, std::move(what));
  return place;
}

bool SimulatedTime::advance() {
  const auto next = waiting_.begin();
  if (next == waiting_.end() || next->first.first == Moment::max()) return false;
  if (++steps_ > most_steps_) throw std::logic_error("too many steps: something goes round in circles");
  now_ = std::max(now_, next->first.first);
  const auto what = std::move(next->second);
  waiting_.erase(next);
  what();
  return true;
}

}  // namespace millrace
