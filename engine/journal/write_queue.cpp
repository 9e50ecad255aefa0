#include "journal/write_queue.hpp"

#include <algorithm>
#include <utility>

namespace millrace {

namespace {

constexpr std::size_t largest_batch = 2048;

}  // namespace

Task<Result<Committed>> WriteQueue::carry_out(WriteOrder order) {
  const auto mine = std::make_shared<Waiting>();
  mine->order = std::move(order);
  waiting_.push_back(mine);
  schedule();
  while (!mine->done) {
    co_await mine->news.wait_for_good();
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
  for (const auto& each : std::exchange(batch_, {})) {
    each->done = true;
    each->news.announce();
  }
}

void WriteQueue::finish() {
  if (!waiting_.empty()) return start();
  busy_ = false;
  resting_.announce();
}

}  // namespace millrace
