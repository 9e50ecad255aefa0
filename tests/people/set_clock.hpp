#pragma once

#include "value/clock.hpp"
#include "value/time.hpp"

namespace millrace::test {

/// Shows what a test sets.
class SetClock final : public Clock {
 public:
  Timestamp now() const override { return at; }
  void pass(Duration time) { at = *add(at, time); }

  Timestamp at = *parse_timestamp("2026-03-02T09:00:00Z");
};

}  // namespace millrace::test
