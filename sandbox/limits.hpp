#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "http/http_message.hpp"

namespace millrace::sandbox {

/// The request budget of each location: so many in ten seconds, and 200,000 a day.
class Limits {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  /// Nothing for no limit: then the headers are left out, too.
  explicit Limits(std::optional<int> burst) : burst_(burst) {}

  /// Takes one request from the budget; false where there is none left.
  bool take(const std::string& location, Moment now);
  /// The headers that tell what is left.
  void describe(const std::string& location, Moment now, HttpHeaders& headers) const;
  void reset() { budgets_.clear(); }

 private:
  struct Budget {
    Moment interval_began, day_began;
    int in_interval = 0, today = 0;
  };
  std::optional<int> burst_;
  std::map<std::string, Budget> budgets_;
};

}  // namespace millrace::sandbox
