#pragma once

#include <chrono>
#include <cstdint>

#include "base/duration.hpp"
#include "value/value.hpp"

namespace millrace {

/// How many requests may be sent over one connection at one location; 0 where it is not said.
struct RequestLimits {
  std::int64_t requests = 0;                     ///< in each interval
  Duration interval = std::chrono::seconds(10);  ///< its length
  std::int64_t daily = 0;
  bool operator==(const RequestLimits&) const = default;
};

/// Out of {requests, per, daily}, each of which may be left out.
RequestLimits request_limits_in(const Value& written);

}  // namespace millrace
