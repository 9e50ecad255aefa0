#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>

#include "async/loop.hpp"
#include "catalog/request_limits.hpp"
#include "courier/call_site.hpp"
#include "courier/courier.hpp"
#include "courier/limit_headers.hpp"

namespace millrace {

/// Those who wait for a place in one budget, in the order of their turns: by lanes, and in a lane by their coming. One
/// turn in eight is the oldest of a lower lane's, so that none waits for ever.
class BudgetQueue {
 public:
  /// A place in it, for as long as it lives.
  class Place {
   public:
    Place(BudgetQueue& queue, BudgetLane lane);
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    bool is_next() const { return queue_.next() == this; }
    /// It goes now.
    void go() { ++queue_.gone_; }
    News& turn() noexcept { return turn_; }

   private:
    friend class BudgetQueue;
    BudgetQueue& queue_;
    std::size_t lane_;
    std::uint64_t number_;
    News turn_;
    std::list<Place*>::iterator at_;
  };

  bool empty() const noexcept;
  std::size_t waiting(BudgetLane lane) const noexcept { return lanes_[static_cast<std::size_t>(lane)].size(); }
  void wake_next() const;

 private:
  Place* next() const;

  std::array<std::list<Place*>, budget_lanes> lanes_;
  std::uint64_t come_ = 0, gone_ = 0;
};

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
};

/// How many requests one connection may still send at one location: no more than the project allows, and than the far
/// side does. What answers say only takes away from what is counted here, unless the far side itself has begun a new
/// interval or day. Of a far side that names no limits, its refusals say how much it takes.
class Budget {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// `ceiling`: what the project allows. `declared`: what the far side is known to allow. `tells`: its answers have
  /// headers that say so.
  Budget(const RequestLimits& ceiling, const RequestLimits& declared, bool tells);

  /// What whoever is next is to do.
  struct Turn {
    enum class Kind : std::uint8_t {
      go,    ///< send it
      ask,   ///< send it alone: the others wait for what its answer says
      hear,  ///< such a one is under way
      wait,  ///< until `until`
      over,  ///< nothing is left of the day, until `until`
    };
    Kind kind;
    Time until = {};
  };
  Turn turn(Time now);
  /// Whether it is known when the day is renewed, or only when to look again.
  bool knows_day_end() const noexcept { return knows_day_end_; }

  /// What an earlier process learnt of a day that is not over.
  void recall_day(const KeptDay& day, Time now);

  BudgetFacts facts(Time now) const;

  BudgetQueue queue;

 private:
  friend class Ticket;

  std::optional<Turn> turn_of_day(Time now);
  void take(Time now);
  void begin_interval(std::int64_t left, Time now);
  void name_no_limits();
  void count_anew();
  void count_passed(Time now);
  void learn_interval(const ToldLimits& told, std::uint64_t interval, std::int64_t expected, Time now);
  void learn_day(const ToldLimits& told, std::int64_t expected, Time now);
  void close(Time until, Time now);

  Quota quota_, day_quota_;
  // The far side's interval.
  std::optional<std::int64_t> left_;  // nothing: one asks first
  std::int64_t most_;                 // what one holds, as declared, told, seen or guessed; 0: not known
  Duration interval_;
  Time renewed_at_ = Time::max();
  std::uint64_t number_ = 0;
  bool silent_;  // it names no limits
  // Its day.
  std::optional<std::int64_t> day_left_;
  std::int64_t day_most_ = 0;
  Time day_ends_ = Time::max();
  bool knows_day_end_ = false;
  // Its refusals.
  Time closed_until_ = Time::min();
  std::uint64_t closings_ = 0;
  int refusals_ = 0;      // closings since the last answer that was no refusal
  bool guessed_ = false;  // `most_` is what passed before one
  int calm_ = 0;          // intervals since
  // Answers that were none: since `counted_since_`, and in the stretch before.
  Time counted_since_ = Time::min(), counted_before_ = Time::min();
  std::int64_t passed_ = 0, passed_before_ = 0;
  Time interval_since_ = Time::min();  // when what a refusal ended had begun

  std::int64_t under_way_ = 0;
  bool asking_ = false;
  Duration answer_time_ = {};
};

/// How an answer came, as far as it matters here.
struct AnswerFacts {
  ToldLimits told;
  bool refused = false;                       ///< the far side takes no more for now
  std::optional<Duration> come_back_in = {};  ///< as it asked
  Duration took = {};                         ///< from the sending to the answer
};

/// The permission to send one request. What the answer says about limits is handed back before it ends.
class Ticket {
 public:
  /// `first`: its turn was to ask.
  Ticket(std::shared_ptr<Budget> budget, bool first, Budget::Time now);
  ~Ticket();
  Ticket(Ticket&&) noexcept = default;
  Ticket& operator=(Ticket&&) = delete;

  /// A refusal closes the budget for all: until the far side wants to be asked or, where it does not say, for a pause
  /// that grows with each refusal in a row. Then one asks, and the others hear how it went.
  void learn(const AnswerFacts& answer, Budget::Time now);

 private:
  std::shared_ptr<Budget> budget_;
  std::uint64_t interval_number_ = 0, closings_ = 0;
  std::int64_t expected_ = 0, day_expected_ = 0;  // what the far side must have left if it counts as we do
  bool first_;
  bool learnt_ = false;
};

}  // namespace millrace
