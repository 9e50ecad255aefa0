#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "async/loop.hpp"
#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "catalog/request.hpp"
#include "courier/answer.hpp"
#include "courier/call_site.hpp"
#include "courier/connection_state.hpp"
#include "courier/kept_tokens.hpp"
#include "courier/shipment.hpp"
#include "http/http_client.hpp"
#include "http/mail_client.hpp"
#include "secret/secrets.hpp"
#include "value/value.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// How the courier behaves; tests steer its waits.
struct CourierOptions {
  std::string version;                                  ///< said in User-Agent
  Duration request_timeout = std::chrono::seconds(30);  ///< for one attempt, within the site's deadline
  std::size_t max_response_bytes = 16u << 20;
  std::function<std::chrono::steady_clock::time_point()> now = steady_now;
  std::function<Task<bool>(Duration)> pause = sleep_for;  ///< between attempts, and until a budget is renewed
  std::function<double()> jitter;                         ///< from 0 to 1; random unless set
  /// The file by which the programs on one store keep to one budget (SharedBudgets); empty: each counts by itself.
  std::filesystem::path shared_budgets = {};
  /// A service waits where the far side is down: after three requests in a row that did not get through, the others of
  /// that connection wait until one does, and none of them fails for it. Off: each fails by itself, as a person at the
  /// terminal expects.
  bool wait_while_down = false;
  /// Told once when a connection goes down (with the reason) and once when it is back (empty).
  std::function<void(const std::string& connection, const std::string& reason)> on_down = {};
  /// The tokens of connections with OAuth, and how they are renewed: `renew` ends when others than those of the version
  /// `seen` are there, or tells why not (renew_tokens). Both are needed where there are such connections.
  KeptTokens* kept_tokens = nullptr;
  std::function<Task<Status>(std::string connection, std::uint64_t seen)> renew = {};
  std::function<Timestamp()> clock = {};  ///< by which tokens end; the system's unless set
  /// Told each time that a request is about to leave with what its connection shows.
  std::function<void(const Shipment& shipment)> on_use = {};
  /// Told when what a far side says of a connection's token changes: refused (with the sentence), or taken (empty).
  std::function<void(const std::string& connection, const std::string& problem)> on_token = {};
};

/// One limit of a budget, the far side's or that of `limits`.
struct LimitFacts {
  std::optional<std::int64_t> left;  ///< nothing: one asks first
  std::int64_t most = 0;
  Duration interval = {};              ///< in which `most` are allowed
  std::optional<Duration> renewed_in;  ///< until they all are again, where some are used
};

/// What is known of the request budget of a connection at one location. Durations count from now.
struct BudgetFacts {
  std::string location;
  std::optional<std::int64_t> left, most;  ///< in this interval
  Duration interval = {};                  ///< in which `most` are allowed
  std::optional<Duration> renewed_in;      ///< until they are again, where some are used
  std::optional<std::int64_t> day_left, day_most;
  std::optional<Duration> day_renewed_in;
  /// The same apart: each of the above is that of the narrower one. Nothing: not known, or there is none.
  std::optional<LimitFacts> far_side, own, far_side_day, own_day;
  Duration closed_for = {};                             ///< the far side takes none until then
  std::array<std::int64_t, budget_lanes> waiting = {};  ///< by BudgetLane
  Duration answer_time = {};                            ///< the mean of the last answers; zero: there was none
};

/// A day's budget as an earlier process left it.
struct KeptDay {
  std::string location;
  std::int64_t left = 0, most = 0;
  Duration renewed_in = {};
  bool own = false;  ///< what was left of `limits`; else of what the far side allows
};

/// How a connection does, for people and metrics.
struct ConnectionHealth {
  std::string name;
  bool down = false;
  std::string reason;
  std::int64_t waiting = 0;                     ///< requests that wait for it to come back
  std::map<std::string, std::int64_t> answers;  ///< by status ("200"), or "none" where no answer came
  /// How many requests may be sent now, at the location that has the fewest left; nothing where no limit is known.
  std::optional<std::int64_t> budget_remaining;
  std::string token_problem = {};  ///< what is wrong with its token or secret; empty where nothing is known
  std::vector<BudgetFacts> budgets;
  ConnectionState state;
};

/// Takes requests to far sides and brings back answers: with credentials, within request budgets, again where that is
/// safe. It judges nothing: whether a request may leave is the gate's business. One for all runs; loop thread only.
///
/// Errors are sentences with their cure. They, and the answers, are free of secrets.
class Courier {
 public:
  virtual ~Courier() = default;

  /// Fills the action's request, and checks what can be checked without asking the far side.
  virtual Result<Shipment> prepare(const Action& action, Value input, CallSite site) const = 0;
  /// The same for a request that a library built.
  virtual Result<Shipment> prepare(const Action& action, RequestParts parts, Value input, CallSite site) const = 0;

  /// REQUIRES: shipment.known.
  virtual Task<Answer> send(Shipment shipment) = 0;
  /// The read that tells whether a write happened, filled with what the write was given; nothing where its action says
  /// none.
  virtual std::optional<Result<Shipment>> look_up(const Shipment& write) const = 0;

  /// What requests are made of.
  virtual const Catalog& catalog() const noexcept = 0;

  virtual std::vector<ConnectionHealth> health() const = 0;
  /// One of its budgets, without the rest; nothing where nothing is known of it.
  virtual std::optional<BudgetFacts> budget(const std::string& connection, const std::string& location) const = 0;
  /// What is known of a day of `connection` before its first answer. REQUIRES: before anything is sent over it.
  virtual void recall_day(const std::string& connection, const KeptDay& day) = 0;
};

/// REQUIRES: everything given outlives it, and it outlives whoever sends. Without `mails` no mail leaves.
std::unique_ptr<Courier> open_courier(const Project& project, const Catalog& catalog, Secrets& secrets,
                                      HttpClient& client, CourierOptions options = {}, MailClient* mails = nullptr);

/// The part of the courier that those have who may not write: it can only read.
class Reader {
 public:
  explicit Reader(Courier& courier) : courier_(courier) {}
  Result<Shipment> prepare(const Action& action, Value input, CallSite site) const {
    return courier_.prepare(action, std::move(input), std::move(site));
  }
  Result<Shipment> prepare(const Action& action, RequestParts parts, Value input, CallSite site) const {
    return courier_.prepare(action, std::move(parts), std::move(input), std::move(site));
  }
  Task<Answer> read(ReadShipment shipment) { return courier_.send(shipment.shipment()); }

 private:
  Courier& courier_;
};

}  // namespace millrace
