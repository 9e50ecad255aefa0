#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "value/value.hpp"

namespace millrace {

/// Names of runs and events: the millisecond of their making, then a number that no other of that millisecond has. They
/// sort by age, unless the clock was set back (`made_before`), and are never used twice in a store.
enum class RunKey : std::int64_t {};
enum class EventKey : std::int64_t {};

std::string render(RunKey key);    ///< "r06f8w3k2q1m9s": for people, programs and idempotency keys
std::string render(EventKey key);  ///< "e06f8w3k2q1m9s"
std::optional<RunKey> parse_run_key(std::string_view text) noexcept;
std::optional<EventKey> parse_event_key(std::string_view text) noexcept;
/// To the millisecond; may run ahead of the clock under load, and for some minutes after it was set back.
Timestamp made_at(RunKey key) noexcept;
Timestamp made_at(EventKey key) noexcept;

/// The least key of an event that was made at `time` or later.
EventKey first_key_of(Timestamp time) noexcept;

/// How far apart the keys of two times are which lie a quarter of an hour apart. The first key of a quarter, as every
/// zone's clocks have it, is a multiple.
inline constexpr std::int64_t keys_in_a_quarter = std::int64_t{15 * 60 * 1000} << 19;

/// Whether `one` was made before `other`: where services of their store made both by their lines, then by their times;
/// where a guest made one of them by their times.
bool made_before(RunKey one, RunKey other) noexcept;

/// Whether a service made the key, and not one of its guests.
bool is_service_key(std::int64_t key) noexcept;

/// The line of a service's key, which a clock that is set back ends: the keys after it begin anew at the time that it
/// is then, and differ from those that were made ahead of it.
int line_of(std::int64_t key) noexcept;

/// Makes keys, each larger than the one before unless the clock was set back for long. Loop thread only.
class KeyMaker {
 public:
  /// Goes on after `last`, the largest key of the store that is not from the future, in the line of `own`, the largest
  /// of a service, but in none of those `ahead` that keys from the future have. A `guest` beside the service (a run in
  /// the foreground) makes keys that the service does not.
  explicit KeyMaker(std::int64_t last, bool guest = false, std::int64_t own = 0, const std::set<int>& ahead = {});
  std::int64_t next(Timestamp now) noexcept;
  RunKey next_run(Timestamp now) noexcept { return RunKey{next(now)}; }
  EventKey next_event(Timestamp now) noexcept { return EventKey{next(now)}; }

 private:
  std::int64_t of_ours(std::int64_t least) const noexcept;
  std::int64_t last_;
  bool guest_;
  int line_;
};

/// What is not smaller than this was made by a clock that had run ahead.
std::int64_t first_key_ahead(Timestamp now) noexcept;

}  // namespace millrace
