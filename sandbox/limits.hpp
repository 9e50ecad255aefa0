#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "http/http_message.hpp"

namespace millrace::sandbox {

/// What each location allows; tests make it small.
struct Allowance {
  std::optional<int> burst = 100;  ///< requests in an interval; nothing for no limit
  std::chrono::milliseconds interval = std::chrono::seconds(10);
  int daily = 200'000;
};

/// The request budget of each location.
class Limits {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  /// Where there is no limit, the headers are left out, too.
  explicit Limits(const Allowance& allowed) : allowed_(allowed) {}

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
  const Allowance allowed_;
  std::map<std::string, Budget> budgets_;
};

}  // namespace millrace::sandbox
