#include "service/runs_in_memory.hpp"

#include <algorithm>

namespace millrace {

std::shared_ptr<ActiveRun> RunsInMemory::find(RunKey run) const {
  const auto found = runs_.find(run);
  return found == runs_.end() ? nullptr : found->second;
}

void RunsInMemory::put(std::shared_ptr<ActiveRun> run) {
  const RunKey key = run->key();
  runs_[key] = std::move(run);
}

void RunsInMemory::remove(ActiveRun& run) {
  runs_.erase(run.key());
  count(run, 0);
}

bool RunsInMemory::stands_still() const {
  return std::all_of(runs_.begin(), runs_.end(), [](const auto& each) {
    const ActiveRun& run = *each.second;
    return run.calls > 0 && run.run->only_waits_for(run.calls);
  });
}

bool RunsInMemory::has_room() const noexcept {
  constexpr std::size_t likely = 4u << 20;
  const std::size_t held = bytes_ + loading_ * likely;
  return held == 0 || held < most_bytes_;
}

void RunsInMemory::count(ActiveRun& run, std::size_t bytes) {
  constexpr std::size_t besides_values = 32u << 10;  // many may wait that hold next to nothing
  const bool full = !has_room();
  (run.held_aside ? aside_bytes_ : bytes_) -= run.held;
  run.held_aside = run.calls > 0;
  run.held = bytes + (run.held_aside ? besides_values : 0);
  (run.held_aside ? aside_bytes_ : bytes_) += run.held;
  if (full && has_room()) room_.announce();
}

void RunsInMemory::end_loading() {
  --loading_;
  room_.announce();
}

}  // namespace millrace
