#pragma once

#include <string>
#include <vector>

#include "totals.hpp"

namespace millrace::statistics {

/// One a platform: {platform, posts, ...}
job::Json rows_by_platform(const Totals& totals);

/// A period beside the one before, as outputs tell them.
class Comparison {
 public:
  Comparison(const Totals& now, const Totals& before) : now_(now), before_(before) {}

  /// {totals, previous, change, engagement_rate, previous_engagement_rate, follower_growth}
  job::Json whole() const;
  /// One a platform that either of them knows: the same, with `like_rate` in place of the engagement, for comments are
  /// told of all platforms together only.
  job::Json platforms() const;
  /// Which platforms are missing on days of which others are known, and what counts in no rate, in sentences.
  std::vector<std::string> gaps() const;

 private:
  template <class Alike>
  job::Json changes(const Figures& now, const Figures& before, Alike alike) const;
  job::Json growth(const std::string& platform) const;
  std::map<std::string, std::pair<Figures, Figures>> both() const;

  const Totals& now_;
  const Totals& before_;
};

}  // namespace millrace::statistics
