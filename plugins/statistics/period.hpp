#pragma once

#include "../support/moment.hpp"
#include "statistics.hpp"

namespace millrace::statistics {

/// Days from the first to the last, both in it.
struct Period {
  job::Day first, last;

  int length() const { return static_cast<int>((last - first).count()) + 1; }
  /// The equally long one that ends the day before this one begins.
  Period before() const { return {first - std::chrono::days(length()), first - std::chrono::days(1)}; }
};

/// The period that from, to and days of an input say; the seven days up to yesterday (UTC) where they say nothing.
/// Throws `invalid` in words.
Period period_of(job::Call& call, const job::Json& input);

/// What is done with each day of a period, in their order.
template <class Work>
void each_day(const Period& period, Work work) {
  for (job::Day day = period.first; day <= period.last; day += std::chrono::days(1)) work(day);
}

}  // namespace millrace::statistics
