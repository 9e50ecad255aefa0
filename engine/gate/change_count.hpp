#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/loop.hpp"
#include "base/error.hpp"
#include "workflow/safety.hpp"

namespace millrace {

struct PastChange;

/// Where a limit comes from that the workflow does not set itself: for people, with the cure.
std::string whose_default(const std::string& action, const std::string& key, const std::string& workflow = "");

/// How many changes were made in an earlier life of a run.
struct ChangesBefore {
  std::int64_t made = 0, at_bad_end = 0;
};

/// How many changes a run and all that it calls have made, against its workflow's `max_changes`. A change counts in the
/// run that makes it and in each above that. Loop thread only.
class ChangeCount : public std::enable_shared_from_this<ChangeCount> {
 public:
  /// `caller`: of the run that calls this one; nullptr where none does.
  ChangeCount(std::string workflow, Limits limits, std::shared_ptr<ChangeCount> caller = {}, ChangesBefore before = {});

  /// One that begins where this one and those above it are, and counts for none of them: for who looks ahead.
  std::shared_ptr<ChangeCount> apart() const;

  /// Of what is done at the end of a run that has failed or was stopped: a message that says so must not be refused for
  /// what was done before. Made when it is first asked for; such a count has no further one.
  std::shared_ptr<ChangeCount> at_bad_end();

  const Limits& limits() const noexcept { return limits_; }

  /// Counts a change to so many things. The error, if it passes the limit of this run or of one above, or if one was
  /// passed before.
  std::optional<Error> count(const std::string& summary, std::int64_t things = 1);
  /// The change that was counted is not made after all.
  void take_back(std::int64_t things = 1);
  /// The error, if so many more would pass a limit; counts nothing. `what` would be done, in words.
  std::optional<Error> foresee(std::int64_t count, const std::string& what) const;
  /// The first change that would have passed the limit of this run or of one above.
  std::optional<Error> passed() const;

  /// Whether changes that are counted, of this run or of another that shares a limit with it, may be taken back yet.
  bool any_under_way() const noexcept { return top().under_way_ > 0; }
  /// Returns when one of those is settled, or earlier; false where the awaiting task is cancelled.
  Task<bool> wait_for_one(Deadline deadline) { return top().settled_.wait(deadline); }

 private:
  friend class ChangeUnderWay;
  const ChangeCount& top() const noexcept { return caller_ == nullptr ? *this : caller_->top(); }
  ChangeCount& top() noexcept { return caller_ == nullptr ? *this : caller_->top(); }
  bool is_over(std::int64_t made) const noexcept { return limits_.max_changes && made > *limits_.max_changes; }
  std::string of_whom() const;
  std::string limit_in_words() const;

  std::string workflow_;
  Limits limits_;
  std::shared_ptr<ChangeCount> caller_;
  std::int64_t made_, before_at_bad_end_;
  bool is_at_bad_end_ = false;
  bool of_called_ = false;  // some were made by what it calls
  std::optional<Error> passed_;
  std::shared_ptr<ChangeCount> at_bad_end_;
  std::int64_t under_way_ = 0;  // of the run above all: its own and those of all that it calls
  News settled_;
};

/// Of the changes that a run's ledger knows from an earlier life of it.
ChangesBefore made_before(const std::vector<PastChange>& changes);

/// A counted change of which it is not known yet whether it happens, for as long as it lives.
class ChangeUnderWay {
 public:
  explicit ChangeUnderWay(ChangeCount& count) : top_(count.top()) { ++top_.under_way_; }
  ~ChangeUnderWay() {
    --top_.under_way_;
    top_.settled_.announce();
  }
  ChangeUnderWay(const ChangeUnderWay&) = delete;
  ChangeUnderWay& operator=(const ChangeUnderWay&) = delete;

 private:
  ChangeCount& top_;
};

}  // namespace millrace
