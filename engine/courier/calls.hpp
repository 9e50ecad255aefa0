#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace millrace {

struct Shipment;

/// Calls over one connection at one location, or to one host where no connection is used.
struct CallCount {
  std::string connection, location;
  std::int64_t reads = 0, writes = 0;
  std::int64_t all() const noexcept { return reads + writes; }
  bool operator==(const CallCount&) const = default;
};
using CallCounts = std::vector<CallCount>;

/// So many more calls, of this shipment. Mails are none.
void count_call(CallCounts& counts, const Shipment& shipment, std::int64_t times = 1);
void add_calls(CallCounts& counts, const CallCounts& more);

}  // namespace millrace
