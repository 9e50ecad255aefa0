#pragma once

#include <cstdint>
#include <utility>

#include "decider/event.hpp"

namespace millrace::test {

constexpr Timestamp at(std::int64_t seconds) { return {1767225600 + seconds, 0}; }  // 2026-01-01T00:00:00Z

inline RunEvent event(RunEvent::Type type, StepPath path, Value data, std::int64_t seconds) {
  RunEvent made;
  made.type = type;
  made.path = std::move(path);
  made.data = std::move(data);
  made.at = at(seconds);
  return made;
}

}  // namespace millrace::test
