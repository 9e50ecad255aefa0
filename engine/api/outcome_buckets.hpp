#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "journal/history.hpp"
#include "value/value.hpp"

namespace millrace {

/// The hours or days, by the clocks of `zone`, from the one in which `from` lies to that of `to`: when each begins, the
/// oldest first. Unless said they are the last day's hours, or the last 30 days. Never empty.
Result<std::vector<Timestamp>> bucket_times(const std::string& bucket, const std::optional<Timestamp>& from,
                                            const std::optional<Timestamp>& to, const std::string& zone, Timestamp now);

/// [{"at","counts":{"completed":3}}], one for each of `times`. A count from before them goes into none.
Value encode_buckets(const std::vector<Timestamp>& times, const std::vector<OutcomeCount>& counts);

}  // namespace millrace
