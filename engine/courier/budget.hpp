#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "async/loop.hpp"
#include "catalog/request_limits.hpp"
#include "courier/budget_state.hpp"
#include "courier/call_site.hpp"
#include "courier/courier.hpp"
#include "courier/limit_headers.hpp"
#include "courier/shared_budgets.hpp"

namespace millrace {

class Ticket;

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

/// How many requests one connection may still send at one location: no more than the project allows, and than the far
/// side does. What answers say only takes away from what is counted here, unless the far side itself has begun a new
/// interval or day. Of a far side that names no limits, its refusals say how much it takes.
class Budget {
 public:
  using Time = BudgetState::Time;

  /// While it lives, no other process changes what is known of the budget, and what is changed here is known to them
  /// afterwards. Nothing where the budget is not shared. Never over a wait.
  class Hold {
   public:
    explicit Hold(Budget& budget);
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    Budget& budget_;
    bool held_;
  };

  /// `ceiling`: what the project allows. `declared`: what the far side is known to allow. `tells`: its answers have
  /// headers that say so.
  Budget(const RequestLimits& ceiling, const RequestLimits& declared, bool tells);

  /// From now on it is one with the budgets of this name in other processes. REQUIRES: `shared` outlives it.
  void share(SharedBudgets& shared, const std::string& name);
  /// Others may free or use up what this process waits for, and cannot wake it.
  bool shared() const noexcept { return shared_ != nullptr; }

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
  /// REQUIRES: a Hold, which lives until the ticket is taken.
  Turn turn(Time now);
  /// Whether it is known when the day is renewed, or only when to look again.
  bool knows_day_end() const noexcept { return state_.knows_day_end; }

  /// What an earlier process learnt of a day that is not over.
  void recall_day(const KeptDay& day, Time now);

  BudgetFacts facts(Time now);

  BudgetQueue queue;

 private:
  friend class Ticket;

  /// By all processes.
  std::int64_t under_way() const noexcept;
  bool asking() const noexcept;
  std::optional<Turn> turn_of_day(Time now);
  void take(Ticket& ticket, Time now);
  void recall_own_day(const KeptDay& day, Time now);
  void give_back(const Ticket& ticket);
  void begin_interval(std::int64_t left, Time now);
  void name_no_limits();
  void count_anew();
  void count_passed(Time now);
  void learn_interval(const ToldLimits& told, std::uint64_t interval, std::int64_t expected, Time now);
  void learn_day(const ToldLimits& told, std::int64_t expected, Time now);
  void close(Time until, Time now);

  BudgetState state_;
  // What of it is this process's own.
  std::int64_t under_way_ = 0;
  bool asking_ = false;
  SharedBudgets* shared_ = nullptr;
  std::int64_t at_ = 0;  // where the state lies in it
};

/// How an answer came, as far as it matters here.
struct AnswerFacts {
  ToldLimits told;
  bool refused = false;                       ///< the far side takes no more for now
  std::optional<Duration> come_back_in = {};  ///< as it asked
  Duration took = {};                         ///< from the sending to the answer
};

/// The permission to send one request. It ends with its answer, or without one where there was none; what was not sent
/// is not counted.
class Ticket {
 public:
  /// `first`: its turn was to ask. REQUIRES: the Hold of that turn.
  Ticket(std::shared_ptr<Budget> budget, bool first, Budget::Time now);
  ~Ticket();
  Ticket(Ticket&&) noexcept = default;
  Ticket& operator=(Ticket&&) = delete;

  /// The request leaves.
  void use() noexcept { used_ = true; }

  /// Ends it with what the answer says about limits. A refusal closes the budget for all: until the far side wants to
  /// be asked or, where it does not say, for a pause that grows with each refusal in a row. Then one asks, and the
  /// others hear how it went. REQUIRES: once.
  void learn(const AnswerFacts& answer, Budget::Time now);

 private:
  friend class Budget;

  void learn_limits(const AnswerFacts& answer, Budget::Time now);
  void end();

  std::shared_ptr<Budget> budget_;
  std::uint64_t interval_number_ = 0, closings_ = 0;
  std::int64_t expected_ = 0, day_expected_ = 0;  // what the far side has left at most if it counts as we do
  Budget::Time quota_part_, day_quota_part_, day_ends_;
  bool first_, used_ = false;
};

}  // namespace millrace
