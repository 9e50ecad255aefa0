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
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(mine);
  }
  schedule();
  while (!mine->done) {
    if (!is_held(*mine)) {
      co_await mine->news.wait_for_good();
      continue;
    }
    const Deadline next = Deadline::in(room_interval);
    const bool undisturbed = co_await mine->news.wait(next);
    if (!undisturbed && give_up(mine)) break;
    schedule();
  }
  co_return std::move(mine->order.answer);
}

Task<void> WriteQueue::rest() {
  while (is_writing()) {
    co_await resting_.wait_for_good();
  }
}

std::string WriteQueue::take_refusal() {
  const std::lock_guard lock(mutex_);
  return std::exchange(refusal_, {});
}

/// Starts after what is ready on the loop has had its say, so that those who come together go together.
void WriteQueue::schedule() {
  {
    const std::lock_guard lock(mutex_);
    if (writing_ || waiting_.empty()) return;
    writing_ = true;
  }
  loop_.post([self = shared_from_this()] { self->loop_.in_turn([self] { self->write_batch(); }); });
}

/// On the writer's thread.
void WriteQueue::write_batch() {
  Batch batch = fetch();
  std::vector<WriteOrder*> orders;
  orders.reserve(batch.size());
  for (const auto& each : batch) orders.push_back(&each->order);
  writer_.write(orders);
  const Batch held = put_back(batch);
  loop_.post([self = shared_from_this(), written = std::move(batch), held] {
    self->say_done(written);
    for (const auto& each : held) each->news.announce();
  });
  writer_.checkpoint();
  if (write_on()) {
    loop_.in_turn([self = shared_from_this()] { self->write_batch(); });
  } else {
    loop_.post([self = shared_from_this()] { self->resting_.announce(); });
  }
}

void WriteQueue::say_done(const Batch& written) {
  for (const auto& each : written) each->done = true;
  for (const auto& each : written) {
    const auto& answer = each->order.answer;
    if (hear_ && answer && !answer->duplicate) hear_(each->order.entry);
    each->news.announce();
  }
}

WriteQueue::Batch WriteQueue::fetch() {
  const std::lock_guard lock(mutex_);
  const auto count = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), largest_batch));
  Batch batch(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.begin() + count));
  waiting_.erase(waiting_.begin(), waiting_.begin() + count);
  for (const auto& each : batch) each->held = false;
  return batch;
}

/// Takes those out of the batch that found no room and wait for it: they go before all that has come meanwhile.
WriteQueue::Batch WriteQueue::put_back(Batch& written) {
  const std::lock_guard lock(mutex_);
  Batch held;
  for (const auto& each : written) {
    each->held = must_be_held(each->order);
    if (each->held) held.push_back(each);
  }
  std::erase_if(written, [](const auto& each) { return each->held; });
  waiting_.insert(waiting_.begin(), held.begin(), held.end());
  return held;
}

bool WriteQueue::must_be_held(const WriteOrder& order) {
  const bool full = !order.answer && order.answer.error().code == ErrorCode::limited;
  if (full) refusal_ = order.answer.error().message;
  return full && order.entry.waits_for_room;
}

/// Whether there is more to write; those who wait for room come again by themselves.
bool WriteQueue::write_on() {
  const std::lock_guard lock(mutex_);
  writing_ = std::any_of(waiting_.begin(), waiting_.end(), [](const auto& each) { return !each->held; });
  return writing_;
}

bool WriteQueue::is_held(const Waiting& one) {
  const std::lock_guard lock(mutex_);
  return one.held;
}

/// False where it is being written at this moment.
bool WriteQueue::give_up(const std::shared_ptr<Waiting>& one) {
  const std::lock_guard lock(mutex_);
  return one->held && std::erase(waiting_, one) > 0;
}

bool WriteQueue::is_writing() {
  const std::lock_guard lock(mutex_);
  return writing_;
}

}  // namespace millrace
