#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "../support/moment.hpp"
#include "statistics.hpp"

namespace millrace::statistics {

/// What is kept of a location, a value a day. It lies in the plugin's durable state, a month under one key, such as
/// "days/loc_main/2026-09". Days that others put there meanwhile stay.
class KeptDays {
 public:
  /// Makes the value of a day from what is held of it (nullptr: nothing). Is called again where somebody else wrote
  /// the month meanwhile.
  using Change = std::function<job::Json(const job::Json* held)>;

  KeptDays(job::Call& call, std::string kind, std::string location)
      : call_(call), kind_(std::move(kind)), location_(std::move(location)) {}

  /// nullptr where nothing is kept of that day. Valid until the day's month is changed.
  const job::Json* find(job::Day day);
  /// Is seen by `find` at once and written by `save`.
  void change(job::Day day, Change change);
  void save();

  const std::string& location() const { return location_; }
  /// The locations of which anything is kept.
  static std::vector<std::string> locations(job::Call& call);

 private:
  struct Month {
    job::Json held;                         ///< as it was read
    std::map<std::string, job::Json> days;  ///< with what was changed
    std::map<std::string, std::vector<Change>> changes;
  };
  std::string key_of(const std::string& month) const { return kind_ + "/" + location_ + "/" + month; }
  Month& month_of(const std::string& date);
  void save(const std::string& name, Month& month);
  void save_location();

  job::Call& call_;
  std::string kind_, location_;
  std::map<std::string, Month> months_;
};

}  // namespace millrace::statistics
