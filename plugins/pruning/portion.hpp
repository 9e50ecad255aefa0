#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "candidates.hpp"

namespace millrace::pruning {

/// What of the tags that are meant is taken today, where at most so many a day are wanted: the rest goes on tomorrow.
/// Which were taken on the run's day, by the clocks of its zone, lies in the plugin's durable state before each is
/// changed, so that a run that ended in the middle and is done again takes no more than the day has. What could not be
/// changed comes last: it does not take the places of the others day by day.
class Portion {
 public:
  /// Without `most` it is all of them, and nothing is remembered. `change` ("archived") has a portion of its own.
  Portion(job::Call& call, const std::string& location, const char* change, std::optional<std::int64_t> most);

  /// Leaves of the tags those that are taken now, in their order.
  void cut(std::vector<Candidate>& tags);
  /// REQUIRES: it is one of those that `cut` left. To be called before it is changed.
  void take(const Candidate& tag);
  /// It could not be changed: from now on those that can be come before it.
  void refuse(const Candidate& tag);
  /// {of, today, taken_before, tomorrow, said}, or null where there is no portion.
  job::Json told() const;

 private:
  std::string said() const;
  void write();

  job::Call& call_;
  std::string key_, change_, day_;
  std::optional<std::size_t> most_;
  std::map<std::string, std::set<std::string>> days_;  ///< ids by day
  std::set<std::string> refused_;                      ///< ids
  std::size_t of_ = 0, today_ = 0, taken_before_ = 0;
};

}  // namespace millrace::pruning
