#include "courier/budget.hpp"

#include <algorithm>
#include <utility>

namespace millrace {

namespace {

constexpr Duration look_again_after = std::chrono::minutes(5);  // where nobody says when a day's limit is renewed
constexpr Duration a_day = std::chrono::hours(24);
constexpr std::uint64_t turns_for_one_below = 8;
constexpr int most_doublings = 5;
constexpr Duration longest_pause = std::chrono::seconds(30), longest_closing = std::chrono::hours(1);
constexpr Duration counted_for = std::chrono::seconds(10);
constexpr int calm_before_more = 4;  // intervals, before a far side that names no limits is asked for more

/// A mean in which the last answers weigh most.
Duration new_mean(Duration before, Duration now) {
  return before == Duration::zero() ? now : before + (now - before) / 8;
}

std::optional<Duration> wait_from(Budget::Time now, Budget::Time then) {
  return then == Budget::Time::max() ? std::nullopt : std::optional(std::max(Duration::zero(), then - now));
}

}  // namespace

std::string_view name_of(BudgetLane lane) noexcept {
  switch (lane) {
    case BudgetLane::interactive:
      return "interactive";
    case BudgetLane::scheduled:
      return "scheduled";
    case BudgetLane::backfill:
      return "backfill";
  }
  return "interactive";
}

BudgetQueue::Place::Place(BudgetQueue& queue, BudgetLane lane)
    : queue_(queue), lane_(static_cast<std::size_t>(lane)), number_(queue.come_++) {
  auto& line = queue_.lanes_[lane_];
  at_ = line.insert(line.end(), this);
}

BudgetQueue::Place::~Place() {
  queue_.lanes_[lane_].erase(at_);
  queue_.wake_next();
}

bool BudgetQueue::empty() const noexcept {
  return std::all_of(lanes_.begin(), lanes_.end(), [](const auto& line) { return line.empty(); });
}

BudgetQueue::Place* BudgetQueue::next() const {
  const auto first = std::find_if(lanes_.begin(), lanes_.end(), [](const auto& line) { return !line.empty(); });
  if (first == lanes_.end()) return nullptr;
  Place* chosen = first->front();
  if (gone_ % turns_for_one_below != turns_for_one_below - 1) return chosen;
  Place* oldest = nullptr;
  for (auto below = first + 1; below != lanes_.end(); ++below) {
    if (!below->empty() && (oldest == nullptr || below->front()->number_ < oldest->number_)) oldest = below->front();
  }
  return oldest != nullptr ? oldest : chosen;
}

void BudgetQueue::wake_next() const {
  if (Place* place = next()) place->turn_.announce();
}

void Quota::take(Budget::Time now) {
  if (allowed == 0) return;
  if (now >= ends) {
    used = 0;
    ends = now + interval;
  }
  ++used;
}

Budget::Budget(const RequestLimits& ceiling, const RequestLimits& declared, bool tells)
    : most_(tells ? declared.requests : 0), interval_(declared.interval), silent_(!tells) {
  // Where answers tell nothing, what is declared is counted here.
  const RequestLimits& counted = ceiling.requests > 0 || tells ? ceiling : declared;
  quota_ = {counted.requests, counted.interval};
  day_quota_ = {ceiling.daily > 0 || tells ? ceiling.daily : declared.daily, a_day};
}

void Budget::begin_interval(std::int64_t left, Time now) {
  left_ = left;
  renewed_at_ = now + interval_;
  ++number_;
}

std::optional<Budget::Turn> Budget::turn_of_day(Time now) {
  if (day_quota_.full(now)) {
    knows_day_end_ = true;
    return Turn{Turn::Kind::over, day_quota_.ends};
  }
  if (day_left_ && now >= day_ends_) {  // the answers of the new day tell what it holds
    day_left_.reset();
    day_ends_ = Time::max();
    knows_day_end_ = false;
  }
  if (!day_left_ || *day_left_ > 0) return std::nullopt;
  if (day_ends_ == Time::max()) day_ends_ = now + look_again_after;
  return Turn{Turn::Kind::over, day_ends_};
}

Budget::Turn Budget::turn(Time now) {
  using Kind = Turn::Kind;
  if (const auto over = turn_of_day(now)) return *over;
  if (now < closed_until_) return {Kind::wait, closed_until_};
  if (quota_.full(now)) return {Kind::wait, quota_.ends};
  if (silent_ && most_ == 0) return {Kind::go};
  if (left_ && now >= renewed_at_) {
    if (guessed_) count_anew();
    begin_interval(most_, now);
  }
  if (!left_) return {asking_ ? Kind::hear : Kind::ask};
  if (*left_ > 0) return {Kind::go};
  return {Kind::wait, renewed_at_};
}

void Budget::take(Time now) {
  ++under_way_;
  quota_.take(now);
  day_quota_.take(now);
  if (day_left_) --*day_left_;
  if (!left_) return;
  --*left_;
  if (renewed_at_ == Time::max()) renewed_at_ = now + interval_;
}

void Budget::recall_day(const KeptDay& day, Time now) {
  day_left_ = day.left;
  day_most_ = day.most;
  day_ends_ = now + day.renewed_in;
  knows_day_end_ = true;
}

BudgetFacts Budget::facts(Time now) const {
  BudgetFacts facts;
  const auto narrow = [](std::optional<std::int64_t>& known, std::int64_t other) {
    known = known ? std::min(*known, other) : other;
  };
  facts.interval = interval_;
  if (most_ > 0) facts.most = most_;
  if (left_) facts.left = now >= renewed_at_ ? most_ : *left_;
  if (left_ && *left_ < most_ && now < renewed_at_) facts.renewed_in = wait_from(now, renewed_at_);
  if (quota_.allowed > 0) {
    if (!facts.left || quota_.left(now) < *facts.left) facts.renewed_in = wait_from(now, std::max(now, quota_.ends));
    if (!facts.most || quota_.allowed < *facts.most) facts.interval = quota_.interval;
    narrow(facts.left, quota_.left(now));
    narrow(facts.most, quota_.allowed);
  }
  if (day_left_ && now < day_ends_) facts.day_left = *day_left_;
  if (day_most_ > 0) facts.day_most = day_most_;
  if (facts.day_left && knows_day_end_) facts.day_renewed_in = wait_from(now, day_ends_);
  if (day_quota_.allowed > 0) {
    if (!facts.day_left || day_quota_.left(now) < *facts.day_left)
      facts.day_renewed_in = wait_from(now, std::max(now, day_quota_.ends));
    narrow(facts.day_left, day_quota_.left(now));
    narrow(facts.day_most, day_quota_.allowed);
  }
  if (now < closed_until_) facts.closed_for = closed_until_ - now;
  for (std::size_t lane = 0; lane < budget_lanes; ++lane)
    facts.waiting[lane] = static_cast<std::int64_t>(queue.waiting(static_cast<BudgetLane>(lane)));
  facts.answer_time = answer_time_;
  return facts;
}

void Budget::learn_interval(const ToldLimits& told, std::uint64_t interval, std::int64_t expected, Time now) {
  silent_ = false;
  most_ = told.most ? *told.most : std::max(guessed_ ? 0 : most_, *told.left + 1);
  guessed_ = false;
  interval_ = told.interval.value_or(interval_);
  const bool of_this_interval = interval == number_;
  const bool more_than_counted = of_this_interval && *told.left > expected;
  if (!left_ || more_than_counted) {
    // The first word, or the far side has begun a new interval: what is under way beside this one is not counted yet.
    begin_interval(std::max<std::int64_t>(0, *told.left - (under_way_ - 1)), now);
  } else if (of_this_interval) {
    left_ = std::min(*left_, *told.left);
  }
  // Some count from the first request of an interval, some from each: waiting from here on is right for both.
  if (*told.left == 0) renewed_at_ = now + interval_;
}

void Budget::learn_day(const ToldLimits& told, std::int64_t expected, Time now) {
  const bool anew = !day_left_ || *told.day_left > expected;
  day_left_ =
      anew ? std::max<std::int64_t>(0, *told.day_left - (under_way_ - 1)) : std::min(*day_left_, *told.day_left);
  day_most_ = told.day_most ? *told.day_most : std::max(day_most_, *told.day_left);
  knows_day_end_ = told.day_renewed_in.has_value();
  day_ends_ = knows_day_end_ ? now + *told.day_renewed_in : Time::max();
}

/// What it was thought to hold came from its headers, or from what is declared of them; a refusal would tell anew.
void Budget::name_no_limits() {
  silent_ = true;
  if (!guessed_) most_ = 0;
}

/// An interval went by without a refusal.
void Budget::count_anew() {
  if (++calm_ % calm_before_more == 0) most_ += std::max<std::int64_t>(1, most_ / 4);
  passed_ = passed_before_ = 0;
  counted_since_ = Time::min();
}

/// So that a refusal finds what passed in the last ten seconds at least.
void Budget::count_passed(Time now) {
  if (counted_since_ == Time::min()) counted_since_ = counted_before_ = now;
  if (now - counted_since_ > counted_for) {
    counted_before_ = std::exchange(counted_since_, now);
    passed_before_ = std::exchange(passed_, 0);
  }
  ++passed_;
}

void Budget::close(Time until, Time now) {
  closed_until_ = std::max(closed_until_, until);
  left_.reset();
  if (!silent_) return;
  // As much as passed before the refusal is what such a far side takes, in the time until it takes some again.
  const std::int64_t passed = passed_ + passed_before_;
  if (passed > 0 || most_ == 0) most_ = std::max<std::int64_t>(1, passed);
  if (passed > 0)
    interval_since_ = counted_before_;
  else if (!guessed_)
    interval_since_ = now;
  interval_ = std::max<Duration>(closed_until_ - interval_since_, std::chrono::seconds(1));
  guessed_ = true;
  calm_ = 0;
  passed_ = passed_before_ = 0;
  counted_since_ = Time::min();
}

Ticket::Ticket(std::shared_ptr<Budget> budget, bool first, Budget::Time now)
    : budget_(std::move(budget)), first_(first) {
  budget_->take(now);
  if (first_) budget_->asking_ = true;
  interval_number_ = budget_->number_;
  closings_ = budget_->closings_;
  expected_ = budget_->left_.value_or(0);
  day_expected_ = budget_->day_left_.value_or(0);
}

Ticket::~Ticket() {
  if (!budget_) return;  // moved away
  --budget_->under_way_;
  if (first_) budget_->asking_ = false;
  if (first_ && !learnt_) {
    // No answer at all: whoever waits is to find that out now, not in turn.
    budget_->name_no_limits();
    if (budget_->most_ > 0) budget_->left_ = budget_->most_;
    budget_->renewed_at_ = Budget::Time::max();
  }
  budget_->queue.wake_next();
}

void Ticket::learn(const AnswerFacts& answer, Budget::Time now) {
  Budget& budget = *budget_;
  learnt_ = true;
  budget.answer_time_ = new_mean(budget.answer_time_, answer.took);
  if (answer.told.day_left) budget.learn_day(answer.told, day_expected_, now);
  if (answer.told.left) budget.learn_interval(answer.told, interval_number_, expected_, now);
  const bool is_news = closings_ == budget.closings_;  // of what was sent before a refusal, the answers say nothing new
  if (answer.refused) {
    if (is_news) {
      ++budget.closings_;
      ++budget.refusals_;
    }
    const Duration own = std::min<Duration>(
        std::chrono::seconds(1) * (1 << std::min(budget.refusals_ - 1, most_doublings)), longest_pause);
    const Duration pause = std::min(answer.come_back_in.value_or(own), longest_closing);
    if (is_news || answer.come_back_in) budget.close(now + pause, now);
    return;
  }
  if (is_news) budget.refusals_ = 0;
  budget.count_passed(now);
  if (answer.told.left || !first_) return;
  budget.name_no_limits();
  if (budget.most_ > 0) budget.begin_interval(budget.most_ - 1, now);
}

}  // namespace millrace
