#pragma once

#include <cstdint>

#include "base/duration.hpp"

namespace millrace::test {

/// Numbers out of a seed, the same on every machine (SplitMix64).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() noexcept {
    std::uint64_t mixed = state_ += 0x9E3779B97F4A7C15U;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31U);
  }
  std::uint64_t below(std::uint64_t end) noexcept { return next() % end; }
  int from_to(int first, int last) noexcept {
    return first + static_cast<int>(below(static_cast<std::uint64_t>(last - first + 1)));
  }
  bool chance(int percent) noexcept { return from_to(1, 100) <= percent; }
  Duration between(Duration shortest, Duration longest) noexcept {
    return shortest +
           Duration(static_cast<Duration::rep>(below(static_cast<std::uint64_t>((longest - shortest).count()) + 1)));
  }

 private:
  std::uint64_t state_;
};

}  // namespace millrace::test
