#pragma once

#include <string>
#include <utility>
#include <vector>

#include "period.hpp"

namespace millrace::statistics {

/// Which days of a period are known of each of some locations.
class Coverage {
 public:
  Coverage(Period period, const std::vector<std::string>& locations);

  /// What is known of a day, by location in their order. Days come in their order.
  void add(job::Day day, const std::vector<bool>& known);

  /// On how many days something is known.
  std::size_t days_with_data() const { return days_with_data_; }
  /// The days on which any of the locations lacks data.
  std::vector<std::string> missing_days() const;
  /// What is missing of each location, in sentences. `when`: "the period". `whose` stands behind the location's name.
  std::vector<std::string> gaps(job::Call& call, const std::string& when, const std::string& whose) const;

 private:
  const Period period_;
  std::vector<std::pair<std::string, std::vector<job::Day>>> missing_;  ///< by location
  std::vector<job::Day> incomplete_;
  std::size_t days_with_data_ = 0;
};

}  // namespace millrace::statistics
