#pragma once

#include <optional>
#include <set>
#include <utility>

#include "journal/keys.hpp"

namespace millrace {

/// Which runs go on when, in the order of their times. Times are by Clock::lasting, as RunHead::wake_at.
class Timetable {
 public:
  void put(Timestamp time, RunKey run) { times_.emplace(time, run); }
  void remove(Timestamp time, RunKey run) { times_.erase({time, run}); }
  std::optional<Timestamp> first() const {
    return times_.empty() ? std::nullopt : std::optional(times_.begin()->first);
  }
  /// The first run whose time is not after `lasting`; it stays in the table.
  std::optional<RunKey> due(Timestamp lasting) const {
    if (times_.empty() || times_.begin()->first > lasting) return std::nullopt;
    return times_.begin()->second;
  }

 private:
  std::set<std::pair<Timestamp, RunKey>> times_;
};

}  // namespace millrace
