#include "service/lanes.hpp"

#include <algorithm>

namespace millrace {

namespace {

bool may_begin(const Lane& lane, std::size_t begun) { return !lane.one_at_a_time() || begun == 0; }

}  // namespace

bool Lanes::enter(const Lane& lane, RunKey run) {
  Queue& queue = lanes_[lane];
  if (queue.waiting.empty() && may_begin(lane, queue.begun) && active_ < most_active_) {
    begin(queue, run);
    ++active_;
    return true;
  }
  queue.waiting.push_back(run);
  ++queued_;
  list(lane, queue);
  return false;
}

void Lanes::occupy(const Lane& lane, RunKey run, bool active) {
  begin(lanes_[lane], run);
  if (active) ++active_;
}

void Lanes::leave(const Lane& lane) {
  const auto found = lanes_.find(lane);
  --active_;
  if (found == lanes_.end()) return;
  --found->second.begun;
  list(lane, found->second);
  drop_if_empty(lane);
}

bool Lanes::withdraw(const Lane& lane, RunKey run) {
  const auto found = lanes_.find(lane);
  if (found == lanes_.end()) return false;
  auto& waiting = found->second.waiting;
  const auto place = std::find(waiting.begin(), waiting.end(), run);
  if (place == waiting.end()) return false;
  waiting.erase(place);
  --queued_;
  drop_if_empty(lane);
  return true;
}

std::optional<RunKey> Lanes::next() {
  while (active_ < most_active_ && !ready_.empty()) {
    const Lane lane = std::move(ready_.front());
    ready_.pop_front();
    const auto found = lanes_.find(lane);
    if (found == lanes_.end()) continue;
    Queue& queue = found->second;
    queue.listed = false;
    if (queue.waiting.empty() || !may_begin(lane, queue.begun)) continue;
    const RunKey run = queue.waiting.front();
    queue.waiting.pop_front();
    --queued_;
    begin(queue, run);
    ++active_;
    list(lane, queue);
    return run;
  }
  return std::nullopt;
}

bool Lanes::busy(const Lane& lane) const noexcept {
  const auto found = lanes_.find(lane);
  return found != lanes_.end() && (found->second.begun > 0 || !found->second.waiting.empty());
}

std::optional<RunKey> Lanes::ahead_in(const Lane& lane) const noexcept {
  const auto found = lane.one_at_a_time() ? lanes_.find(lane) : lanes_.end();
  return found == lanes_.end() || found->second.begun == 0 ? std::nullopt : std::optional(found->second.last_begun);
}

std::optional<RunKey> Lanes::oldest() const noexcept {
  std::optional<RunKey> oldest;
  for (const auto& [lane, queue] : lanes_) {
    if (!queue.waiting.empty() && (!oldest || queue.waiting.front() < *oldest)) oldest = queue.waiting.front();
  }
  return oldest;
}

void Lanes::begin(Queue& queue, RunKey run) {
  ++queue.begun;
  queue.last_begun = run;
}

void Lanes::list(const Lane& lane, Queue& queue) {
  if (queue.listed || queue.waiting.empty() || !may_begin(lane, queue.begun)) return;
  queue.listed = true;
  ready_.push_back(lane);
}

void Lanes::drop_if_empty(const Lane& lane) {
  const auto found = lanes_.find(lane);
  if (found->second.begun == 0 && found->second.waiting.empty()) lanes_.erase(found);
}

}  // namespace millrace
