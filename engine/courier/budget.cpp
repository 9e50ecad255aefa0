#include "courier/budget.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>

#include "base/text.hpp"

namespace millrace {

namespace {

constexpr Duration longest_interval = std::chrono::seconds(30);
constexpr Duration look_again_after =
    std::chrono::minutes(5);  // no header that we know says when a day's limit is renewed

/// A whole number in a header; nothing where it is absent or something else.
std::optional<std::int64_t> number_in(const HttpHeaders& headers, const std::string& name) {
  const std::string* text = name.empty() ? nullptr : headers.find(name);
  if (!text) return std::nullopt;
  const std::string_view digits = trim(*text);
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (problem != std::errc() || end != digits.data() + digits.size() || number < 0) return std::nullopt;
  return number;
}

std::optional<Duration> interval_in(const ConnectionKind& kind, const HttpHeaders& headers) {
  const auto milliseconds = number_in(headers, kind.limit_interval_ms);
  if (!milliseconds || *milliseconds == 0) return std::nullopt;
  constexpr std::int64_t cap = std::chrono::duration_cast<std::chrono::milliseconds>(longest_interval).count();
  return std::chrono::milliseconds(std::min(*milliseconds, cap));
}

/// A moment in one of the three ways of HTTP (RFC 9110, 5.6.7), as a wait from now.
std::optional<Duration> wait_until_date(const std::string& text) {
  for (const char* form : {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
    std::tm date = {};
    const char* end = ::strptime(text.c_str(), form, &date);
    if (end != nullptr && *end == '\0')
      return std::chrono::seconds(std::max<std::time_t>(0, ::timegm(&date) - std::time(nullptr)));
  }
  return std::nullopt;
}

}  // namespace

Ticket::Ticket(std::shared_ptr<Budget> budget, bool first)
    : budget_(std::move(budget)),
      interval_number_(budget_->interval_number),
      expected_(budget_->left.value_or(0)),
      first_(first) {
  ++budget_->under_way;
  if (first_) budget_->asking = true;
}

Ticket::~Ticket() {
  if (!budget_) return;  // moved away
  --budget_->under_way;
  if (first_) budget_->asking = false;
  if (first_ && !learnt_)
    budget_->silent = true;  // no answer at all: whoever waits is to find that out now, not in turn
  budget_->news.announce();
}

void Ticket::learn(const ConnectionKind* kind, const IncomingResponse& response, Budget::Time now) {
  learnt_ = true;
  if (day_is_used_up(kind, response)) budget_->day_over_until = now + look_again_after;
  const auto remaining = kind ? number_in(response.headers, kind->limit_remaining) : std::nullopt;
  budget_->silent = !remaining;
  if (!remaining) return;
  budget_->interval = interval_in(*kind, response.headers).value_or(budget_->interval);
  learn_left(*remaining, now);
}

void Ticket::learn_left(std::int64_t remaining, Budget::Time now) {
  Budget& budget = *budget_;
  budget.most = std::max(budget.most, remaining + 1);
  const bool of_this_interval = interval_number_ == budget.interval_number;
  const bool more_than_counted = of_this_interval && remaining > expected_;
  if (!budget.left || more_than_counted) {
    // The first word, or the far side has begun a new interval: what is under way beside this one is not counted yet.
    budget.left = std::max<std::int64_t>(0, remaining - (budget.under_way - 1));
    budget.renewed_at = now + budget.interval;
    ++budget.interval_number;
  } else if (of_this_interval) {
    budget.left = std::min(*budget.left, remaining);
  }
  // Some count from the first request of an interval, some from each: waiting from here on is right for both.
  if (remaining == 0) budget.renewed_at = now + budget.interval;
}

void Ticket::close(Budget::Time until) {
  Budget& budget = *budget_;
  budget.closed_until = std::max(budget.closed_until, until);
  if (budget.most > 0) {
    budget.left = 0;
    budget.renewed_at = budget.closed_until;
  } else {
    budget.left.reset();
    budget.silent = false;  // from now on one asks first, and the others hear how it went
  }
}

Task<Status> Budgets::wait_until(std::string name, Budget::Time time, Deadline deadline) {
  if (time >= deadline.at()) {
    co_return Error{ErrorCode::unavailable,
                    name +
                        " allows no further request before the step's time is over: give it more "
                        "time, or let fewer workflows run at once"};
  }
  const Duration wait = std::max<Duration>(time - options_.now(), std::chrono::milliseconds(1));
  const bool undisturbed = co_await options_.pause(wait);
  if (!undisturbed) co_return Error{ErrorCode::cancelled, "called off"};
  co_return Done{};
}

Task<Result<Ticket>> Budgets::take(Destination to, std::string location, Deadline deadline) {
  const std::string connection = to.connection ? to.connection->name : to.place;
  std::shared_ptr<Budget>& entry = budgets_[std::make_pair(connection, location)];
  if (!entry) {
    entry = std::make_shared<Budget>();
    entry->silent = !to.kind || to.kind->limit_remaining.empty();
  }
  const std::shared_ptr<Budget> budget = entry;
  for (;;) {
    const Budget::Time now = options_.now();
    if (now < budget->day_over_until) {
      co_return Error{ErrorCode::unavailable,
                      "the daily limit of " + to.name + " is used up: try again tomorrow, or ask for more"};
    }
    Budget::Time until = budget->closed_until;
    if (now >= until) {
      if (budget->silent) co_return Ticket(budget, false);
      if (budget->left && now >= budget->renewed_at) {
        budget->left = budget->most;
        budget->renewed_at = now + budget->interval;
        ++budget->interval_number;
      }
      if (budget->left && *budget->left > 0) {
        --*budget->left;
        co_return Ticket(budget, false);
      }
      if (!budget->left && !budget->asking) co_return Ticket(budget, true);
      if (!budget->left) {
        const bool undisturbed = co_await budget->news.wait(deadline);
        if (!undisturbed) co_return Error{ErrorCode::cancelled, "called off"};
        if (deadline.reached()) co_return Error{ErrorCode::timeout, "no answer from " + to.name + " in time"};
        continue;
      }
      until = budget->renewed_at;
    }
    auto waited = co_await wait_until(to.name, until, deadline);
    if (!waited) co_return waited.error();
  }
}

std::optional<std::int64_t> Budgets::remaining(const std::string& connection) const {
  const Budget::Time now = options_.now();
  std::optional<std::int64_t> least;
  for (auto each = budgets_.lower_bound({connection, ""}); each != budgets_.end(); ++each) {
    if (each->first.first != connection) break;
    const Budget& budget = *each->second;
    if (!budget.left) continue;
    const std::int64_t left = now >= budget.renewed_at ? budget.most : *budget.left;
    least = least ? std::min(*least, left) : left;
  }
  return least;
}

std::optional<Duration> asked_to_wait(const ConnectionKind* kind, const IncomingResponse& response) {
  if (const std::string* after = response.headers.find("Retry-After")) {
    if (const auto seconds = number_in(response.headers, "Retry-After")) {
      return std::chrono::seconds(std::min<std::int64_t>(*seconds, 86400));
    }
    if (const auto wait = wait_until_date(*after)) return wait;
  }
  if (!kind || number_in(response.headers, kind->limit_remaining).value_or(1) > 0) return std::nullopt;
  return interval_in(*kind, response.headers);
}

bool day_is_used_up(const ConnectionKind* kind, const IncomingResponse& response) {
  return kind && number_in(response.headers, kind->limit_daily_remaining).value_or(1) == 0;
}

}  // namespace millrace
