#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "value/value.hpp"

namespace millrace {

/// Names of runs and events: the millisecond of their making, then a number that no other of that millisecond has. They
/// sort by age and are never used twice in a store.
enum class RunKey : std::int64_t {};
enum class EventKey : std::int64_t {};

std::string render(RunKey key);    ///< "r06f8w3k2q1m9s": for people, programs and idempotency keys
std::string render(EventKey key);  ///< "e06f8w3k2q1m9s"
std::optional<RunKey> parse_run_key(std::string_view text) noexcept;
std::optional<EventKey> parse_event_key(std::string_view text) noexcept;
/// To the millisecond; may run ahead of the clock under load or after it jumped back.
Timestamp made_at(RunKey key) noexcept;
Timestamp made_at(EventKey key) noexcept;

/// The least key of an event that was made at `time` or later.
EventKey first_key_of(Timestamp time) noexcept;

/// Makes keys, each larger than the one before, whatever the clock does. Loop thread only.
class KeyMaker {
 public:
  /// `last`: the largest key of the store. A `guest` beside the service (a run in the foreground) makes keys that the
  /// service does not.
  explicit KeyMaker(std::int64_t last, bool guest = false);
  std::int64_t next(Timestamp now) noexcept;
  RunKey next_run(Timestamp now) noexcept { return RunKey{next(now)}; }
  EventKey next_event(Timestamp now) noexcept { return EventKey{next(now)}; }

 private:
  std::int64_t last_;
  bool guest_;
};

}  // namespace millrace
