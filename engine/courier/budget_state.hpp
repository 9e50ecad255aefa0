#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "async/loop.hpp"

namespace millrace {

/// So many requests in any interval, wherever it begins, counted on this side. Without a limit it lets everything
/// through. When each left is known to a small part of the interval: what left in the same part counts until the last
/// of it is an interval ago.
struct Quota {
  using Time = std::chrono::steady_clock::time_point;
  /// So many parts cover the interval, wherever in them it begins and ends.
  static constexpr std::size_t parts_in_interval = 16, parts = parts_in_interval + 2;
  struct Part {
    Time first = Time::min(), last = Time::min();
    std::int64_t used = 0;
  };

  std::int64_t allowed = 0;  ///< 0: no limit
  Duration interval = {};
  std::array<Part, parts> taken = {};
  std::size_t newest = 0;  ///< of `taken`

  std::int64_t left(Time now) const noexcept;
  bool full(Time now) const noexcept { return allowed > 0 && left(now) <= 0; }
  /// When the first of those that count now counts no more, and when none of them does; `now` where none counts.
  Time first_renewed(Time now) const noexcept;
  Time renewed(Time now) const noexcept;
  /// So many at once. The part in which they are counted, by its first.
  Time take(Time now, std::int64_t count = 1) noexcept;
  /// One that was taken in that part.
  void give_back(Time part) noexcept;

 private:
  bool counts(const Part& part, Time now) const noexcept { return part.used > 0 && now < part.last + interval; }
};

/// How many processes can share a budget; each has a place, a number from 0.
inline constexpr std::size_t budget_places = 32;
inline constexpr std::int32_t no_place = -1;

/// All that is known of a budget, as plain numbers: processes on one machine share it as it lies in memory, so who
/// changes it gives their file a new number (SharedBudgets). Times are those of the machine's steady clock, the same
/// for all.
struct BudgetState {
  using Time = std::chrono::steady_clock::time_point;

  Quota quota, day_quota;
  // The far side's interval.
  std::optional<std::int64_t> left;  ///< nothing: one asks first
  std::int64_t most = 0;             ///< what one holds, as declared, told, seen or guessed; 0: not known
  Duration interval = {};
  Time renewed_at = Time::max();
  std::uint64_t number = 0;
  bool heard = false;   ///< an answer of this interval came
  bool silent = false;  ///< it names no limits
  // Its day.
  std::optional<std::int64_t> day_left;
  std::int64_t day_most = 0;
  Time day_ends = Time::max();
  bool knows_day_end = false;
  // Its refusals.
  Time closed_until = Time::min();
  std::uint64_t closings = 0;
  int refusals = 0;      ///< closings since the last answer that was no refusal
  bool guessed = false;  ///< `most` is what passed before one
  int calm = 0;          ///< intervals since
  // Answers that were none: since `counted_since`, and in the stretch before.
  Time counted_since = Time::min(), counted_before = Time::min();
  std::int64_t passed = 0, passed_before = 0;
  Time interval_since = Time::min();  ///< when what a refusal ended had begun

  Duration answer_time = {};
  std::array<std::int32_t, budget_places> under_way = {};  ///< by the place of whose they are
  std::int32_t asking = no_place;                          ///< of whom an answer is awaited by all
};
static_assert(std::is_trivially_copyable_v<BudgetState>);

}  // namespace millrace
