#include "service/lanes.hpp"

#include <algorithm>

namespace millrace {

bool Lanes::enter(const std::string& name, bool exclusive, RunKey run) {
  Lane& lane = lanes_[name];
  lane.exclusive = exclusive;
  if (lane.waiting.empty() && may_begin(lane) && active_ < most_active_) {
    ++lane.begun;
    ++active_;
    return true;
  }
  lane.waiting.push_back(run);
  ++queued_;
  list(name, lane);
  return false;
}

void Lanes::occupy(const std::string& name, bool exclusive, bool active) {
  Lane& lane = lanes_[name];
  lane.exclusive = exclusive;
  ++lane.begun;
  if (active) ++active_;
}

void Lanes::rest(const std::string&) { --active_; }

void Lanes::wake(const std::string&) { ++active_; }

void Lanes::leave(const std::string& name) {
  const auto found = lanes_.find(name);
  --active_;
  if (found == lanes_.end()) return;
  --found->second.begun;
  list(name, found->second);
  drop_if_empty(name);
}

bool Lanes::withdraw(const std::string& name, RunKey run) {
  const auto found = lanes_.find(name);
  if (found == lanes_.end()) return false;
  auto& waiting = found->second.waiting;
  const auto place = std::find(waiting.begin(), waiting.end(), run);
  if (place == waiting.end()) return false;
  waiting.erase(place);
  --queued_;
  drop_if_empty(name);
  return true;
}

std::optional<RunKey> Lanes::next() {
  while (active_ < most_active_ && !ready_.empty()) {
    const std::string name = std::move(ready_.front());
    ready_.pop_front();
    const auto found = lanes_.find(name);
    if (found == lanes_.end()) continue;
    Lane& lane = found->second;
    lane.listed = false;
    if (lane.waiting.empty() || !may_begin(lane)) continue;
    const RunKey run = lane.waiting.front();
    lane.waiting.pop_front();
    --queued_;
    ++lane.begun;
    ++active_;
    list(name, lane);
    return run;
  }
  return std::nullopt;
}

bool Lanes::busy(const std::string& name) const noexcept {
  const auto found = lanes_.find(name);
  return found != lanes_.end() && (found->second.begun > 0 || !found->second.waiting.empty());
}

std::optional<RunKey> Lanes::oldest() const noexcept {
  std::optional<RunKey> oldest;
  for (const auto& [name, lane] : lanes_) {
    if (!lane.waiting.empty() && (!oldest || lane.waiting.front() < *oldest)) oldest = lane.waiting.front();
  }
  return oldest;
}

void Lanes::list(const std::string& name, Lane& lane) {
  if (lane.listed || lane.waiting.empty() || !may_begin(lane)) return;
  lane.listed = true;
  ready_.push_back(name);
}

void Lanes::drop_if_empty(const std::string& name) {
  const auto found = lanes_.find(name);
  if (found->second.begun == 0 && found->second.waiting.empty()) lanes_.erase(found);
}

}  // namespace millrace
