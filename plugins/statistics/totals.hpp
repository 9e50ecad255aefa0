#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "figures.hpp"
#include "rates.hpp"

namespace millrace::statistics {

/// Which platforms are meant; empty for all of them.
using Platforms = std::set<std::string, std::less<>>;

/// The sum of days. Followers are a level, not a sum: what was known last of each platform of each location, or of all
/// its platforms together where that is told.
/// Where the API tells a figure for all platforms together, that is the day's figure.
class Totals {
 public:
  explicit Totals(Platforms platforms) : platforms_(std::move(platforms)) {}

  /// Days of a location come in their order. Gives what the day adds, for all platforms that are meant: nothing where
  /// nothing is known of these.
  Figures add(const std::string& location, const Snapshot& day);

  Figures all() const;
  std::map<std::string, Figures> by_platform() const;
  bool means(const std::string& platform) const { return platforms_.empty() || platforms_.count(platform) > 0; }

  /// By location.
  using Days = std::map<std::string, std::size_t>;
  /// For how many days anything is known of it.
  const Days& days() const { return days_; }
  Days days_of(const std::string& platform) const { return days_of(platform, anything); }
  const Rates& rates() const { return rates_; }

  /// Whether a figure can be compared with that of another period: a week of which three days are known is not less
  /// than a whole one, and a platform that vanished has no figures, which is not the same as none.
  bool alike(const Totals& other, std::string_view metric) const;
  bool alike(const Totals& other, const std::string& platform, std::string_view metric) const;

  /// By how much the followers grew since the period before, or, where that knows none, since the first day.
  struct Growth {
    std::optional<double> before, after;
  };
  /// Of one platform, or of all together where `platform` is empty. Only what is known at both ends counts.
  Growth growth_since(const Totals& before, const std::string& platform) const;

 private:
  struct Level {
    double first = 0, last = 0;
    std::size_t times = 0;
  };
  static constexpr std::string_view anything = "";  // in the place of a metric
  static constexpr const char* together = "";       // in the place of a platform
  Days days_of(const std::string& platform, std::string_view metric) const;
  Snapshot meant_of(const Snapshot& day) const;
  void add_followers(const std::string& platform, const std::string& location, double followers);
  /// Whether the location's followers on this platform are part of those of all together.
  bool counts(const std::string& platform, const std::string& location) const;

  Platforms platforms_;
  Figures sums_;
  Days days_;
  std::map<std::string, Days, std::less<>> days_by_metric_;
  std::map<std::string, Figures> platform_sums_;
  std::map<std::string, std::map<std::string, Days, std::less<>>> known_;  ///< platform -> metric
  std::map<std::string, std::map<std::string, Level>> followers_;          ///< platform, or all together -> location
  Rates rates_;
};

}  // namespace millrace::statistics
