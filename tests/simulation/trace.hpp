#pragma once

#include <cstdint>
#include <cstdio>
#include <deque>
#include <string>
#include <string_view>

#include "async/simulated_time.hpp"

namespace millrace::test {

/// What happened in a simulation, line by line: its hash tells whether two were the same, its end tells how it came to
/// what went wrong.
class Trace {
 public:
  /// `told`: each line is printed as it comes, so that also what crashes is seen.
  Trace(const SimulatedTime& time, bool told) : time_(time), told_(told) {}

  void add(std::string_view what) {
    const auto milliseconds = time_.passed() / std::chrono::milliseconds(1) - 3'600'000;
    std::string line = std::to_string(milliseconds);
    line.insert(0, line.size() < 8 ? 8 - line.size() : 0, ' ');
    line.append("  ").append(what).append("\n");
    for (const char letter : line) hash_ = (hash_ ^ static_cast<unsigned char>(letter)) * 1099511628211U;
    if (told_) {
      std::fputs(line.c_str(), stdout);
      std::fflush(stdout);
    }
    lines_.push_back(std::move(line));
    if (lines_.size() > most_lines) lines_.pop_front();
  }

  std::uint64_t hash() const noexcept { return hash_; }
  std::string text() const {
    std::string all;
    for (const std::string& line : lines_) all += line;
    return all;
  }

 private:
  static constexpr std::size_t most_lines = 60;

  const SimulatedTime& time_;
  bool told_;
  std::uint64_t hash_ = 14695981039346656037U;
  std::deque<std::string> lines_;
};

}  // namespace millrace::test
