#pragma once

#include <cstdint>
#include <optional>

#include "base/duration.hpp"
#include "catalog/catalog.hpp"
#include "http/http_client.hpp"

namespace millrace {

/// What an answer's headers say of the request budget; nothing where they do not, or say what no budget can be.
struct ToldLimits {
  std::optional<std::int64_t> left, most;  ///< in this interval
  std::optional<Duration> interval;        ///< its length, 30 s at most
  std::optional<std::int64_t> day_left, day_most;
  std::optional<Duration> day_renewed_in;
};

/// `kind` may be null.
ToldLimits told_limits(const ConnectionKind* kind, const IncomingResponse& response);

/// How long an answer asks to wait (Retry-After in seconds or as a date; the interval of the connection's limits where
/// nothing is left of it), or nothing.
std::optional<Duration> asked_to_wait(const ConnectionKind* kind, const IncomingResponse& response);

/// True where the answer says that nothing is left for today.
bool day_is_used_up(const ConnectionKind* kind, const IncomingResponse& response);

}  // namespace millrace
