#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "async/loop.hpp"
#include "journal/store_writer.hpp"

namespace millrace {

/// What is to be written, in the order of its coming. While one batch is on its way to the disk the next one gathers:
/// many entries share one flush, and none waits longer than two. Loop thread only; the writing is done on a thread of
/// its own, which fetches one batch after the other without waiting for the loop.
class WriteQueue : public std::enable_shared_from_this<WriteQueue> {
 public:
  WriteQueue(Loop& loop, std::filesystem::path file, std::string vfs) : loop_(loop), writer_(std::move(file), vfs) {}

  /// Returns when the order was carried out or refused, be the awaiting task cancelled or not; one that a full disk
  /// holds up is given up when the task is cancelled.
  Task<Result<Committed>> carry_out(WriteOrder order);
  /// Waits until nothing is under way.
  Task<void> rest();
  StoreWriter& writer() noexcept { return writer_; }  ///< REQUIRES: nothing is under way
  std::int64_t log_bytes() const noexcept { return writer_.log_bytes(); }
  /// Is told what was written, on the loop.
  void tell_entries(std::function<void(const Entry&)> hear) { hear_ = std::move(hear); }
  /// Why something found no room since this was last asked; else empty.
  std::string take_refusal();

 private:
  struct Waiting {
    WriteOrder order;
    News news;
    bool done = false;  ///< of the loop
    bool held = false;  ///< the disk was full; it is in `waiting_` again
  };
  using Batch = std::vector<std::shared_ptr<Waiting>>;
  void schedule();
  void say_done(const Batch& written);
  void write_batch();
  Batch fetch();
  Batch put_back(Batch& written);
  bool must_be_held(const WriteOrder& order);
  bool write_on();
  bool is_held(const Waiting& one);
  bool give_up(const std::shared_ptr<Waiting>& one);
  bool is_writing();

  Loop& loop_;
  StoreWriter writer_;
  News resting_;
  std::function<void(const Entry&)> hear_;  // of the loop
  std::mutex mutex_;                        // guards what follows, and `held` of each
  std::deque<std::shared_ptr<Waiting>> waiting_;
  std::string refusal_;
  bool writing_ = false;
};

}  // namespace millrace
