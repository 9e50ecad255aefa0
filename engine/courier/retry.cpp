#include "courier/retry.hpp"

#include <algorithm>

#include "courier/gateways.hpp"
#include "courier/limit_headers.hpp"

namespace millrace {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Attempts, where the far side asks to come back later: of a person at the terminal, and of a service.
constexpr int most_refusals = 4, most_refusals_of_patient = 10;
constexpr int most_doublings_of_wait = 5;
constexpr int most_failures = 3;  // attempts, where it fails or the answer is lost
constexpr int most_timeouts = 2;
constexpr int most_connects = 2;  // a service that is down is to be reported at once
constexpr Duration longest_wait = seconds(60);
constexpr Duration longest_patience = std::chrono::hours(1);

/// Doubles with each attempt; half of it is left to chance, so that those who failed together do not come back
/// together.
Duration backoff(Duration first, const Attempt& attempt) {
  const auto whole = static_cast<double>(first.count()) *
                     static_cast<double>(1 << std::min(attempt.number - 1, most_doublings_of_wait));
  return Duration(static_cast<Duration::rep>(whole * (0.5 + 0.5 * attempt.jitter)));
}

std::optional<Duration> after_error(const Attempt& attempt, const Error& error) {
  if (error.code == ErrorCode::unavailable && attempt.number < most_connects && attempt.took < seconds(3)) {
    return milliseconds(200);
  }
  if (!attempt.repeatable) return std::nullopt;
  if (error.code == ErrorCode::unsure && attempt.number < most_failures) return backoff(milliseconds(500), attempt);
  if (error.code == ErrorCode::timeout && attempt.number < most_timeouts) return backoff(milliseconds(500), attempt);
  return std::nullopt;
}

bool failed_for_now(int status) noexcept {
  return status == 408 || status == 500 || status == 503 || comes_of_gateway(status);
}

}  // namespace

bool answer_was_lost(const Error& error) noexcept {
  switch (error.code) {
    case ErrorCode::unsure:
    case ErrorCode::timeout:
    case ErrorCode::cancelled:  // while the request was under way
    case ErrorCode::invalid:    // an answer larger than is taken
      return true;
    case ErrorCode::not_found:
    case ErrorCode::conflict:
    case ErrorCode::denied:
    case ErrorCode::unavailable:
    case ErrorCode::limited:
    case ErrorCode::internal:
    case ErrorCode::unconnected:
      return false;
  }
  return true;
}

bool refused_for_now(const IncomingResponse& response) noexcept {
  return response.status == 429 || (response.status == 503 && response.headers.find("Retry-After") != nullptr);
}

std::optional<Duration> wait_before_retry(const Attempt& attempt, const Result<IncomingResponse>& answer) {
  if (!answer) return after_error(attempt, answer.error());
  const bool refused = refused_for_now(*answer);
  const bool failed = attempt.repeatable && failed_for_now(answer->status);
  if (!refused && !failed) return std::nullopt;
  const int most_refused = attempt.patient ? most_refusals_of_patient : most_refusals;
  if (attempt.number >= (refused ? most_refused : most_failures)) return std::nullopt;
  if (refused && day_is_used_up(attempt.kind, *answer)) return std::nullopt;
  const auto asked = asked_to_wait(attempt.kind, *answer);
  if (asked && *asked > (attempt.patient ? longest_patience : longest_wait)) return std::nullopt;
  const Duration own = backoff(refused ? milliseconds(1000) : milliseconds(500), attempt);
  return asked ? *asked + milliseconds(static_cast<int>(attempt.jitter * 100)) : own;
}

}  // namespace millrace
