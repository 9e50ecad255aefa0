#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "figures.hpp"

namespace millrace::statistics {

/// Which platforms are meant; empty for all of them.
using Platforms = std::set<std::string, std::less<>>;

/// The sum of days. Followers are a level, not a sum: what was known last of each platform of each location.
/// Where the API tells a figure for all platforms together, that is the day's figure.
class Totals {
 public:
  explicit Totals(Platforms platforms) : platforms_(std::move(platforms)) {}

  /// Days of a location come in their order. Gives what the day adds, for all platforms that are meant.
  Figures add(const std::string& location, const Snapshot& day);

  Figures all() const;
  /// For how many days of how many locations the figure is known.
  std::size_t days_of(std::string_view metric) const;
  std::map<std::string, Figures> by_platform() const;
  bool means(const std::string& platform) const { return platforms_.empty() || platforms_.count(platform) > 0; }

 private:
  Platforms platforms_;
  Figures sums_;
  std::map<std::string, std::size_t, std::less<>> days_;
  std::map<std::string, Figures> platform_sums_;
  std::map<std::string, std::map<std::string, double>> followers_;  ///< platform -> location -> known last
};

}  // namespace millrace::statistics
