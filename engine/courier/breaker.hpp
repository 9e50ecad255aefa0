#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>

#include "async/loop.hpp"
#include "async/task.hpp"
#include "base/result.hpp"
#include "courier/connections.hpp"
#include "courier/courier.hpp"
#include "courier/endpoints.hpp"
#include "courier/shipment.hpp"
#include "http/http_client.hpp"
#include "secret/secrets.hpp"

namespace millrace {

/// What one attempt says about whether its connection gets through.
enum class Reach : std::uint8_t {
  through,    ///< it was answered: 500, 429 and refusals are answers, too
  not_there,  ///< could not connect: nothing was sent
  missed,     ///< no whole answer, none in time, or 503, or one of a gateway in front of it
  unclear,    ///< says nothing: called off, or something on this side was in the way
};

Reach reach_of(const Result<IncomingResponse>& answer) noexcept;

/// What a request is about to do over its connection.
struct Errand {
  EndpointId endpoint = {};
  bool harmless = false;  ///< sent twice it does no more than sent once
};

/// One connection: whether it gets through, and who waits for that.
struct Line {
  struct Waiter {
    Errand errand;
    News turn;
  };
  Endpoints endpoints;
  int missed = 0;  ///< requests in a row
  bool down = false;
  std::string reason;
  bool trying = false;      ///< one request is the trial, or waits for its time to come
  bool recovering = false;  ///< it is back, and not all that waited have been let go on
  std::chrono::steady_clock::time_point back_since = {};
  int under_way = 0;    ///< requests that have their permission
  Duration pause = {};  ///< before the trial
  std::chrono::steady_clock::time_point trial_at = {};
  std::list<Waiter*> queue;
  std::map<std::string, std::int64_t> answers;
  std::optional<std::string> token_problem;  ///< as last told; empty: the token was taken
};

class Breakers;

/// The permission to send one request over a connection. How that went is told before it ends; a trial of which nothing
/// is told leaves its turn to the next.
class Passage {
 public:
  Passage() = default;  ///< where there is no connection: always open
  enum class Kind : std::uint8_t { usual, after_wait, trial };
  Passage(Breakers& breakers, Line& line, const std::string& name, EndpointId endpoint, Kind kind);
  ~Passage();
  Passage(Passage&& other) noexcept;
  Passage& operator=(Passage&&) = delete;

  /// False where the connection has gone down since.
  bool open() const noexcept { return line_ == nullptr || trial_ || !line_->down; }
  /// Whether it had to wait because the connection was down.
  bool waited() const noexcept { return waited_; }
  /// Whether the others wait, after what was told.
  bool down() const noexcept { return line_ != nullptr && line_->down; }
  struct Sent {
    std::chrono::steady_clock::time_point at;
    bool first = true;  ///< no earlier attempt of the same request has missed: only the first miss of each counts
  };
  /// REQUIRES: once. What could not connect counts each time.
  void tell(const Result<IncomingResponse>& answer, Sent sent);

 private:
  void end_trial();

  Breakers* breakers_ = nullptr;
  Line* line_ = nullptr;
  std::string name_;
  EndpointId endpoint_ = {};
  bool waited_ = false, trial_ = false;
};

/// Keeps requests back from connections that are down, where a service wants that: three requests in a row that did not
/// get through, and the others wait. One at a time is the trial, after a pause that grows from 1 s to 30 s, or that the
/// far side asks for. Where one gets through, the others do not set upon the far side together: two at a time go on,
/// and twice as many with each second. An endpoint that goes on failing while others get through does not
/// count (Endpoints), and the next trial is of another one than those that have just failed. A write that must not be
/// sent twice is the trial only where nothing else waits, or where that has failed for minutes.
class Breakers {
 public:
  /// REQUIRES: both outlive it.
  Breakers(const CourierOptions& options, const Secrets& secrets) : options_(options), secrets_(secrets) {}

  /// Waits while the connection is down. `unavailable` where `deadline` comes first.
  Task<Result<Passage>> enter(Destination to, Errand errand, Deadline deadline);

  /// What an answer says of the connection's token. `why`: of a 401, the reason given; `problem`: what is to be told
  /// although the token was taken.
  void hear_about_token(const Shipment& shipment, const IncomingResponse& answer, const std::string& why,
                        const std::string& problem);
  /// What is wrong with the connection's token; empty: nothing.
  void tell_token(const Shipment& shipment, const std::string& problem);

  ConnectionHealth health(const std::string& connection) const;

 private:
  friend class Passage;
  class Place;

  Line::Waiter* next(const Line& line) const;
  Line::Waiter* best_trial(const Line& line) const;
  void wake_next(const Line& line) const;
  bool has_room(const Line& line) const;
  void come_back(Line& line, const std::string& name);
  void miss(Line& line, const std::string& name, bool trial, const Result<IncomingResponse>& answer);
  void wait_for_trial(Line& line, const Result<IncomingResponse>& answer) const;
  std::string reason_of(const Result<IncomingResponse>& answer) const;

  const CourierOptions& options_;
  const Secrets& secrets_;
  std::map<std::string, Line> lines_;
};

}  // namespace millrace
