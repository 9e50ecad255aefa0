#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace millrace {

using Duration = std::chrono::nanoseconds;  ///< about 292 years, as CEL has it

/// The steady clock: for deadlines and pauses, never for what a run sees. A simulation lays its own over it, for the
/// calling thread.
std::chrono::steady_clock::time_point steady_now() noexcept;

/// In place of the steady clock; must outlive its use.
class SteadySource {
 public:
  virtual ~SteadySource() = default;
  virtual std::chrono::steady_clock::time_point now() const noexcept = 0;
};
/// From now on `steady_now` on this thread asks `source`; nullptr: the real clock again.
void use_steady_source(const SteadySource* source) noexcept;

/// A moment of the steady clock by which something must be done. Unreachable unless set.
class Deadline {
 public:
  Deadline() = default;
  explicit Deadline(std::chrono::steady_clock::time_point at) : at_(at) {}
  static Deadline in(Duration from_now) { return Deadline(steady_now() + from_now); }
  std::chrono::steady_clock::time_point at() const noexcept { return at_; }
  bool reached() const noexcept { return steady_now() >= at_; }
  Deadline earlier(Deadline other) const noexcept { return other.at_ < at_ ? other : *this; }

 private:
  std::chrono::steady_clock::time_point at_ = std::chrono::steady_clock::time_point::max();
};

/// Reads "10s", "5m", "2h", "90d", "1h30m", "1.5s", "500ms", "-5m", or ISO 8601 ("PT5M", "P90D"). Years and months are
/// refused.
Result<Duration> parse_duration(std::string_view text);

/// The shortest of our own forms that says it exactly: "1h30m", "90d", "1.5s", "250ms".
std::string render(Duration duration);
/// The same as expressions write it, which know no days: "2160h".
std::string render_for_expression(Duration duration);
/// What a duration that stands bare in an expression (`90d`) is there: "duration('2160h')", as it was written where it
/// has no days; empty where it is none.
std::string written_out_duration(std::string_view bare);

}  // namespace millrace
