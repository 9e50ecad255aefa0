#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "async/loop.hpp"

namespace millrace {

/// So many requests in each interval, counted on this side. Without a limit it lets everything through.
struct Quota {
  std::int64_t allowed = 0;  ///< 0: no limit
  Duration interval = {};
  std::int64_t used = 0;
  std::chrono::steady_clock::time_point ends = std::chrono::steady_clock::time_point::min();

  std::int64_t left(std::chrono::steady_clock::time_point now) const noexcept {
    return now < ends ? allowed - used : allowed;
  }
  bool full(std::chrono::steady_clock::time_point now) const noexcept { return allowed > 0 && left(now) <= 0; }
  void take(std::chrono::steady_clock::time_point now);
  /// One that was taken in the interval that ended then.
  void give_back(std::chrono::steady_clock::time_point then) noexcept;
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
