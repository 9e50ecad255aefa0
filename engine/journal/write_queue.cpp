#include "journal/write_queue.hpp"

#include <algorithm>
#include <utility>

namespace millrace {

namespace {

constexpr std::size_t largest_batch = 2048;

/// How often a full disk is tried again.
constexpr Duration room_interval = std::chrono::milliseconds(500);

}  // namespace

Task<Result<Committed>> WriteQueue::carry_out(WriteOrder order) {
  const auto mine = std::make_shared<Waiting>();
  mine->order = std::move(order);
  waiting_.push_back(mine);
  schedule();
  while (!mine->done) {
    if (!mine->held) {
      co_await mine->news.wait_for_good();
      continue;
    }
    const Deadline next = Deadline::in(room_interval);
    const bool undisturbed = co_await mine->news.wait(next);
    if (mine->done || !mine->held) continue;
    if (!undisturbed) {
      std::erase(waiting_, mine);
      break;
    }
    schedule();
  }
  co_return std::move(mine->order.answer);
}

Task<void> WriteQueue::rest() {
  while (busy_) {
    co_await resting_.wait_for_good();
  }
}

/// Starts after what is ready on the loop has had its say, so that those who come together go together.
void WriteQueue::schedule() {
  if (busy_) return;
  busy_ = true;
  loop_.post([self = shared_from_this()] { self->start(); });
}

void WriteQueue::start() {
  const auto count = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), largest_batch));
  batch_.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.begin() + count));
  waiting_.erase(waiting_.begin(), waiting_.begin() + count);
  for (const auto& each : batch_) each->held = false;
  loop_.on_worker([self = shared_from_this()] {
    std::vector<WriteOrder*> orders;
    orders.reserve(self->batch_.size());
    for (const auto& each : self->batch_) orders.push_back(&each->order);
    self->writer_.write(orders);
    self->loop_.post([self] { self->hand_back(); });
    self->writer_.checkpoint();
    self->loop_.post([self] { self->finish(); });
  });
}

void WriteQueue::hand_back() {
  std::vector<std::shared_ptr<Waiting>> held;
  for (const auto& each : std::exchange(batch_, {})) {
    each->held = must_be_held(each->order);
    each->done = !each->held;
    if (each->held) held.push_back(each);
    each->news.announce();
  }
  waiting_.insert(waiting_.begin(), held.begin(), held.end());
}

bool WriteQueue::must_be_held(const WriteOrder& order) {
  const bool full = !order.answer && order.answer.error().code == ErrorCode::limited;
  if (full) refusal_ = order.answer.error().message;
  return full && order.entry.waits_for_room;
}

void WriteQueue::finish() {
  const bool any = std::any_of(waiting_.begin(), waiting_.end(), [](const auto& each) { return !each->held; });
  if (any) return start();
  busy_ = false;
  resting_.announce();
}

}  // namespace millrace
