#pragma once

#include <cstdint>
#include <string>

namespace millrace::sandbox {

/// What a social network tells of one account and one day, or the sum of several; only `followers` is how many there
/// were at the day's end, all others are what that day brought.
struct Figures {
  std::int64_t posts = 0, likes = 0, comments = 0, shares = 0, impressions = 0, reach = 0, followers = 0;

  Figures& operator+=(const Figures& more);
};

/// Always the same for the same seed, profile and day (counted since 1970), whoever asks and when.
Figures figures_of(std::uint64_t seed, const std::string& profile, std::int64_t day);

}  // namespace millrace::sandbox
