#pragma once

#include <string>

#include "service_bench.hpp"

namespace millrace::test {

// Workflows whose runs end only when the far side lets them go, and the deliveries that begin them.

inline std::string on(const std::string& hook, const std::string& more = "") {
  return "mode: live\n" + more + "triggers:\n  - {webhook: " + hook +
         ", verify: public}\nactions:\n  - {action: shop.add, with: {op: \"${{ string(event.n) }}\"}}\n";
}

inline const std::string side_by_side = "concurrency: parallel\n";

inline std::string numbered(int n) { return "{\"n\": " + std::to_string(n) + "}"; }

inline void hold_all(ServiceBench& bench) {
  bench.far_side.holds = [](const OutgoingRequest&) { return true; };
}

inline void let_go(ServiceBench& bench) {
  bench.far_side.holds = {};
  bench.far_side.released.announce();
}

}  // namespace millrace::test
