#include "courier/budget.hpp"

#include <algorithm>
#include <utility>

namespace millrace {

namespace {

constexpr Duration look_again_after = std::chrono::minutes(5);  // where nobody says when a day's limit is renewed
constexpr Duration a_day = std::chrono::hours(24);
constexpr std::uint64_t turns_for_one_below = 8;
constexpr int most_doublings_of_rest = 5;
constexpr Duration longest_rest = std::chrono::seconds(30), longest_closing = std::chrono::hours(1);
constexpr Duration counted_for = std::chrono::seconds(10);
constexpr int calm_before_more = 4;  // intervals, before a far side that names no limits is asked for more

/// A mean in which the last answers weigh most.
Duration new_mean(Duration before, Duration now) {
  return before == Duration::zero() ? now : before + (now - before) / 8;
}

std::optional<Duration> wait_from(Budget::Time now, Budget::Time then) {
  return then == Budget::Time::max() ? std::nullopt : std::optional(std::max(Duration::zero(), then - now));
}

std::optional<LimitFacts> facts_of(const Quota& quota, Budget::Time now) {
  if (quota.allowed == 0) return std::nullopt;
  LimitFacts facts{std::max<std::int64_t>(0, quota.left(now)), quota.allowed, quota.interval, {}};
  if (*facts.left < quota.allowed) facts.renewed_in = wait_from(now, quota.renewed(now));
  return facts;
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

Budget::Budget(const RequestLimits& ceiling, const RequestLimits& declared, bool tells) {
  state_.most = tells ? declared.requests : 0;
  state_.interval = declared.interval;
  state_.silent = !tells;
  // Where answers tell nothing, what is declared is counted here.
  const RequestLimits& counted = ceiling.requests > 0 || tells ? ceiling : declared;
  state_.quota.allowed = counted.requests;
  state_.quota.interval = counted.interval;
  state_.day_quota.allowed = ceiling.daily > 0 || tells ? ceiling.daily : declared.daily;
  state_.day_quota.interval = a_day;
}

void Budget::share(SharedBudgets& shared, const std::string& name) {
  const auto at = shared.find(name, state_);
  if (!at) return;
  shared_ = &shared;
  at_ = *at;
}

Budget::Hold::Hold(Budget& budget) : budget_(budget), held_(false) {
  if (budget.shared_ == nullptr) return;
  BudgetState there;
  held_ = budget.shared_->take(budget.at_, there);
  if (!held_) return;
  // What the project allows, each process has read for itself.
  for (Quota BudgetState::*quota : {&BudgetState::quota, &BudgetState::day_quota}) {
    (there.*quota).allowed = (budget.state_.*quota).allowed;
    (there.*quota).interval = (budget.state_.*quota).interval;
  }
  budget.state_ = there;
}

Budget::Hold::~Hold() {
  if (!held_) return;
  BudgetState& state = budget_.state_;
  const std::size_t place = budget_.shared_->place();
  const auto own = static_cast<std::int32_t>(place);
  state.under_way[place] = static_cast<std::int32_t>(budget_.under_way_);
  if (budget_.asking_ || state.asking == own) state.asking = budget_.asking_ ? own : no_place;
  budget_.shared_->give_back(budget_.at_, state);
}

std::int64_t Budget::under_way() const noexcept {
  std::int64_t all = under_way_;
  for (std::size_t place = 0; place < budget_places; ++place) {
    if (shared_ != nullptr && place != shared_->place()) all += state_.under_way[place];
  }
  return all;
}

bool Budget::asking() const noexcept {
  const bool other =
      shared_ != nullptr && state_.asking != no_place && state_.asking != static_cast<std::int32_t>(shared_->place());
  return asking_ || other;
}

void Budget::begin_interval(std::int64_t left, Time now) {
  state_.left = left;
  state_.renewed_at = now + state_.interval;
  state_.heard = false;
  ++state_.number;
}

std::optional<Budget::Turn> Budget::turn_of_day(Time now) {
  if (state_.day_quota.full(now)) {
    state_.knows_day_end = true;
    return Turn{Turn::Kind::over, state_.day_quota.first_renewed(now)};
  }
  if (state_.day_left && now >= state_.day_ends) {  // the answers of the new day tell what it holds
    state_.day_left.reset();
    state_.day_ends = Time::max();
    state_.knows_day_end = false;
  }
  if (!state_.day_left || *state_.day_left > 0) return std::nullopt;
  if (state_.day_ends == Time::max()) state_.day_ends = now + look_again_after;
  return Turn{Turn::Kind::over, state_.day_ends};
}

Budget::Turn Budget::turn(Time now) {
  using Kind = Turn::Kind;
  if (const auto over = turn_of_day(now)) return *over;
  if (now < state_.closed_until) return {Kind::wait, state_.closed_until};
  if (state_.quota.full(now)) return {Kind::wait, state_.quota.first_renewed(now)};
  if (state_.silent && state_.most == 0) return {Kind::go};
  if (state_.left && now >= state_.renewed_at) {
    if (state_.guessed) count_anew();
    begin_interval(state_.most, now);
  }
  if (!state_.left) return {asking() ? Kind::hear : Kind::ask};
  if (*state_.left > 0) return {Kind::go};
  return {Kind::wait, state_.renewed_at};
}

void Budget::take(Ticket& ticket, Time now) {
  ++under_way_;
  ticket.quota_part_ = state_.quota.take(now);
  ticket.day_quota_part_ = state_.day_quota.take(now);
  if (state_.day_left) --*state_.day_left;
  if (!state_.left) return;
  --*state_.left;
  if (state_.renewed_at == Time::max()) state_.renewed_at = now + state_.interval;
}

/// REQUIRES: a Hold. In the interval of which it was taken, if that still lasts; of a quota, in its part.
void Budget::give_back(const Ticket& ticket) {
  state_.quota.give_back(ticket.quota_part_);
  state_.day_quota.give_back(ticket.day_quota_part_);
  if (state_.day_left && state_.day_ends == ticket.day_ends_) ++*state_.day_left;
  if (state_.left && state_.number == ticket.interval_number_) ++*state_.left;
}

void Budget::recall_day(const KeptDay& day, Time now) {
  const Hold hold(*this);
  if (day.own) return recall_own_day(day, now);
  if (state_.day_left && now < state_.day_ends) return;  // another process knows better
  state_.day_left = day.left;
  state_.day_most = day.most;
  state_.day_ends = now + day.renewed_in;
  state_.knows_day_end = true;
}

/// As if all of it had left together. What is allowed today may be more or less than it was then, or no limit at all.
void Budget::recall_own_day(const KeptDay& day, Time now) {
  Quota& quota = state_.day_quota;
  const std::int64_t counted = quota.allowed - quota.left(now), missing = day.most - day.left - counted;
  if (quota.allowed > 0 && missing > 0) quota.take(now + day.renewed_in - a_day, missing);
}

BudgetFacts Budget::facts(Time now) {
  const Hold hold(*this);
  BudgetFacts facts;
  facts.interval = state_.interval;
  if (state_.most > 0) {
    const bool renewed = now >= state_.renewed_at;
    LimitFacts& far = facts.far_side.emplace(LimitFacts{{}, state_.most, state_.interval, {}});
    if (state_.left) far.left = renewed ? state_.most : *state_.left;
    if (state_.left && *state_.left < state_.most && !renewed) far.renewed_in = wait_from(now, state_.renewed_at);
  }
  if (state_.day_left && now < state_.day_ends) {
    LimitFacts& far = facts.far_side_day.emplace(LimitFacts{*state_.day_left, state_.day_most, a_day, {}});
    if (state_.knows_day_end) far.renewed_in = wait_from(now, state_.day_ends);
  }
  facts.own = facts_of(state_.quota, now);
  facts.own_day = facts_of(state_.day_quota, now);
  const auto narrow = [](const LimitFacts& limit, auto& left, auto& most, auto& renewed_in) {
    if (!left || (limit.left && *limit.left < *left)) renewed_in = limit.renewed_in;
    if (limit.left) left = left ? std::min(*left, *limit.left) : *limit.left;
    if (limit.most > 0) most = most ? std::min(*most, limit.most) : limit.most;
  };
  for (const auto& limit : {facts.far_side, facts.own}) {
    if (!limit) continue;
    if (!facts.most || limit->most < *facts.most) facts.interval = limit->interval;
    narrow(*limit, facts.left, facts.most, facts.renewed_in);
  }
  if (state_.day_most > 0) facts.day_most = state_.day_most;
  for (const auto& limit : {facts.far_side_day, facts.own_day}) {
    if (limit) narrow(*limit, facts.day_left, facts.day_most, facts.day_renewed_in);
  }
  if (now < state_.closed_until) facts.closed_for = state_.closed_until - now;
  for (std::size_t lane = 0; lane < budget_lanes; ++lane)
    facts.waiting[lane] = static_cast<std::int64_t>(queue.waiting(static_cast<BudgetLane>(lane)));
  facts.answer_time = state_.answer_time;
  return facts;
}

void Budget::learn_interval(const ToldLimits& told, std::uint64_t interval, std::int64_t expected, Time now) {
  state_.silent = false;
  state_.most = told.most ? *told.most : std::max(state_.guessed ? 0 : state_.most, *told.left + 1);
  state_.guessed = false;
  state_.interval = told.interval.value_or(state_.interval);
  const bool of_this_interval = interval == state_.number;
  const bool more_than_counted = of_this_interval && *told.left > expected;
  if (!state_.left || more_than_counted) {
    // The first word, or the far side has begun a new interval: what is under way beside this one is not counted yet.
    begin_interval(std::max<std::int64_t>(0, *told.left - (under_way() - 1)), now);
  } else if (of_this_interval) {
    state_.left = std::min(*state_.left, *told.left);
    // The far side's interval begins when the first request comes there: before its answer, and after it was sent.
    if (!state_.heard) state_.renewed_at = std::max(state_.renewed_at, now + state_.interval);
  }
  state_.heard = state_.heard || of_this_interval;
  // Some count from the first request of an interval, some from each: waiting from here on is right for both.
  if (*told.left == 0) state_.renewed_at = now + state_.interval;
}

void Budget::learn_day(const ToldLimits& told, std::int64_t expected, Time now) {
  const bool anew = !state_.day_left || *told.day_left > expected;
  state_.day_left =
      anew ? std::max<std::int64_t>(0, *told.day_left - (under_way() - 1)) : std::min(*state_.day_left, *told.day_left);
  state_.day_most = told.day_most ? *told.day_most : std::max(state_.day_most, *told.day_left);
  state_.knows_day_end = told.day_renewed_in.has_value();
  state_.day_ends = state_.knows_day_end ? now + *told.day_renewed_in : Time::max();
}

/// What it was thought to hold came from its headers, or from what is declared of them; a refusal would tell anew.
void Budget::name_no_limits() {
  state_.silent = true;
  if (!state_.guessed) state_.most = 0;
}

/// An interval went by without a refusal.
void Budget::count_anew() {
  if (++state_.calm % calm_before_more == 0) state_.most += std::max<std::int64_t>(1, state_.most / 4);
  state_.passed = state_.passed_before = 0;
  state_.counted_since = Time::min();
}

/// So that a refusal finds what passed in the last ten seconds at least.
void Budget::count_passed(Time now) {
  if (state_.counted_since == Time::min()) state_.counted_since = state_.counted_before = now;
  if (now - state_.counted_since > counted_for) {
    state_.counted_before = std::exchange(state_.counted_since, now);
    state_.passed_before = std::exchange(state_.passed, 0);
  }
  ++state_.passed;
}

void Budget::close(Time until, Time now) {
  state_.closed_until = std::max(state_.closed_until, until);
  state_.left.reset();
  if (!state_.silent) return;
  // As much as passed before the refusal is what such a far side takes, in the time until it takes some again.
  const std::int64_t passed = state_.passed + state_.passed_before;
  if (passed > 0 || state_.most == 0) state_.most = std::max<std::int64_t>(1, passed);
  if (passed > 0)
    state_.interval_since = state_.counted_before;
  else if (!state_.guessed)
    state_.interval_since = now;
  state_.interval = std::max<Duration>(state_.closed_until - state_.interval_since, std::chrono::seconds(1));
  state_.guessed = true;
  state_.calm = 0;
  state_.passed = state_.passed_before = 0;
  state_.counted_since = Time::min();
}

Ticket::Ticket(std::shared_ptr<Budget> budget, bool first, Budget::Time now)
    : budget_(std::move(budget)), first_(first) {
  // What is under way already may come there after this one.
  const std::int64_t ahead = budget_->under_way();
  budget_->take(*this, now);
  if (first_) budget_->asking_ = true;
  interval_number_ = budget_->state_.number;
  closings_ = budget_->state_.closings;
  day_ends_ = budget_->state_.day_ends;
  expected_ = budget_->state_.left.value_or(0) + ahead;
  day_expected_ = budget_->state_.day_left.value_or(0) + ahead;
}

Ticket::~Ticket() {
  if (!budget_) return;  // moved away, or its answer came
  const std::shared_ptr<Budget> budget = budget_;
  const Budget::Hold hold(*budget);
  if (!used_) {
    budget->give_back(*this);
  } else if (first_) {
    // No answer at all: whoever waits is to find that out now, not in turn.
    budget->name_no_limits();
    if (budget->state_.most > 0) budget->state_.left = budget->state_.most;
    budget->state_.renewed_at = Budget::Time::max();
  }
  end();
}

void Ticket::learn(const AnswerFacts& answer, Budget::Time now) {
  const std::shared_ptr<Budget> budget = budget_;
  const Budget::Hold hold(*budget);
  learn_limits(answer, now);
  end();
}

/// REQUIRES: a Hold.
void Ticket::end() {
  --budget_->under_way_;
  if (first_) budget_->asking_ = false;
  budget_->queue.wake_next();
  budget_.reset();
}

/// REQUIRES: a Hold.
void Ticket::learn_limits(const AnswerFacts& answer, Budget::Time now) {
  Budget& budget = *budget_;
  budget.state_.answer_time = new_mean(budget.state_.answer_time, answer.took);
  if (answer.told.day_left) budget.learn_day(answer.told, day_expected_, now);
  if (answer.told.left) budget.learn_interval(answer.told, interval_number_, expected_, now);
  const bool is_news =
      closings_ == budget.state_.closings;  // of what was sent before a refusal, the answers say nothing new
  if (answer.refused) {
    if (is_news) {
      ++budget.state_.closings;
      ++budget.state_.refusals;
    }
    const Duration own = std::min<Duration>(
        std::chrono::seconds(1) * (1 << std::min(budget.state_.refusals - 1, most_doublings_of_rest)), longest_rest);
    const Duration pause = std::min(answer.come_back_in.value_or(own), longest_closing);
    if (is_news || answer.come_back_in) budget.close(now + pause, now);
    return;
  }
  if (is_news) budget.state_.refusals = 0;
  budget.count_passed(now);
  if (answer.told.left || !first_) return;
  budget.name_no_limits();
  if (budget.state_.most > 0) budget.begin_interval(budget.state_.most - 1, now);
}

}  // namespace millrace
