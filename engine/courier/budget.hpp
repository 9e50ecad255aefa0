#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "async/loop.hpp"
#include "async/task.hpp"
#include "base/result.hpp"
#include "courier/connections.hpp"
#include "courier/courier.hpp"
#include "http/http_client.hpp"

namespace millrace {

/// How many requests one connection may still send at one location, learnt from the answers.
struct Budget {
  using Time = std::chrono::steady_clock::time_point;
  std::optional<std::int64_t> left;  ///< in this interval; nothing before the first answer
  std::int64_t most = 0;             ///< the most that an interval was ever seen to hold
  std::uint64_t interval_number = 0;
  Duration interval = std::chrono::seconds(10);
  Time renewed_at = Time::max();  ///< when the next interval begins
  Time closed_until = Time::min();
  Time day_over_until = Time::min();
  std::int64_t under_way = 0;
  bool asking = false;  ///< the first request is under way; the others wait for what its answer says
  bool silent = false;  ///< the far side names no limits
  News news;            ///< an answer came
};

/// The permission to send one request. What the answer says about limits is handed back before it ends.
class Ticket {
 public:
  Ticket(std::shared_ptr<Budget> budget, bool first);
  ~Ticket();
  Ticket(Ticket&&) noexcept = default;
  Ticket& operator=(Ticket&&) = delete;

  /// Learns from an answer's limit headers, or that there are none. `kind` may be null.
  void learn(const ConnectionKind* kind, const IncomingResponse& response, Budget::Time now);
  /// The far side asked to come back later: nobody asks before `until`.
  void close(Budget::Time until);

 private:
  void learn_left(std::int64_t remaining, Budget::Time now);

  std::shared_ptr<Budget> budget_;
  std::uint64_t interval_number_;
  std::int64_t expected_;  // what the far side must have left if it counts as we do
  bool first_;
  bool learnt_ = false;
};

/// The request budgets of all connections and locations. A burst waits here instead of earning refusals.
class Budgets {
 public:
  explicit Budgets(const CourierOptions& options) : options_(options) {}

  /// Waits until a request may be sent. `unavailable` where the day's limit is used up or `deadline` comes first.
  Task<Result<Ticket>> take(Destination to, std::string location, Deadline deadline);

  /// How many requests the connection may send now: at the location that has the fewest left. Nothing before the far
  /// side has named a limit.
  std::optional<std::int64_t> remaining(const std::string& connection) const;

 private:
  Task<Status> wait_until(std::string name, Budget::Time time, Deadline deadline);

  const CourierOptions& options_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<Budget>> budgets_;
};

/// How long an answer asks to wait (Retry-After in seconds or as a date; the interval of the connection's limits where
/// nothing is left of it), or nothing.
std::optional<Duration> asked_to_wait(const ConnectionKind* kind, const IncomingResponse& response);

/// True where the answer says that nothing is left for today.
bool day_is_used_up(const ConnectionKind* kind, const IncomingResponse& response);

}  // namespace millrace
