#pragma once

#include <chrono>
#include <optional>

#include "service/dispatcher.hpp"

namespace millrace {

/// Tries every few seconds whether a run could move on. Loop thread only.
class Pulse {
 public:
  /// Where one beat takes longer, nothing moves.
  static constexpr Duration longest = std::chrono::seconds(20);

  /// REQUIRES: the dispatcher outlives it.
  Pulse(ServiceWorld world, Dispatcher& dispatcher) : world_(world), dispatcher_(dispatcher) {}

  /// Beats until the task is cancelled.
  Task<void> go_on();
  bool late() const { return beat_ && beat_->reached(); }

 private:
  ServiceWorld world_;
  Dispatcher& dispatcher_;
  std::optional<Deadline> beat_;  // until when the one that is being felt has to come
};

}  // namespace millrace
