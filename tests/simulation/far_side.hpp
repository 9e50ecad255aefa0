#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "async/loop.hpp"
#include "async/simulated_time.hpp"
#include "http/http_client.hpp"
#include "random.hpp"
#include "trace.hpp"
#include "value/clock.hpp"

namespace millrace::test {

/// What the network and the shop at its end do to requests, in percent.
struct NetworkMood {
  int refused = 0, lost_requests = 0, lost_answers = 0, doubled = 0, failing = 0, busy = 0;
  bool down = false;
  Duration fastest = std::chrono::milliseconds(2), slowest = std::chrono::milliseconds(80);
};

/// What the shop knows of one effect. Its books are its own: nothing of the engine is in them.
struct Effect {
  std::set<std::string> keys;        ///< under which it was asked for
  int applied = 0;                   ///< how often it was done
  int sent = 0;                      ///< how often the engine sent it
  std::vector<std::uint64_t> order;  ///< the place of each sending among all sendings
  std::uint64_t first_applied = 0;
  SimulatedTime::Moment first_sent, last_sent;
};

/// The shop at the far side with the network before it. A request is on its own once it has left: it arrives although
/// the engine has crashed meanwhile.
class FarSide {
 public:
  FarSide(SimulatedTime& time, Trace& trace, std::uint64_t seed) : time_(time), trace_(trace), random_(seed) {}

  struct Call {
    bool answered = false;
    Result<IncomingResponse> answer = Error{ErrorCode::timeout, "no answer"};
    News news;
  };
  /// A request leaves; what comes of it is told to the call.
  std::shared_ptr<Call> depart(const OutgoingRequest& request);

  /// The items that `shop.items` reads: id and revision.
  void change_items();
  /// The changes of items that nobody has been told of, without those that a later one of the same item hides.
  std::vector<std::string> unseen() const;

  NetworkMood mood;
  std::map<std::string, Effect> effects;  ///< by op
  std::map<std::string, int> items;
  std::map<std::string, int> changed;  ///< the revision that the latest change of each has made
  std::map<std::string, int> faults;   ///< how often each fired
  std::uint64_t sendings = 0, reads = 0;
  int on_the_way = 0;  ///< requests that have not arrived yet

 private:
  IncomingResponse act(const OutgoingRequest& request, const std::string& op);
  void arrive(const OutgoingRequest& request, const std::string& op, const std::shared_ptr<Call>& call, bool answers);
  void answer(const std::shared_ptr<Call>& call, Duration after, Result<IncomingResponse> answer);
  bool fires(const char* fault, int percent);
  Duration delay() { return random_.between(mood.fastest, mood.slowest); }

  SimulatedTime& time_;
  Trace& trace_;
  Random random_;
  std::uint64_t applications_ = 0;
  std::set<std::string> done_keys_;
};

/// The client of one life of the engine.
class SimulatedClient final : public HttpClient {
 public:
  SimulatedClient(FarSide& far_side, std::function<bool()> dead) : far_side_(far_side), dead_(std::move(dead)) {}
  Task<Result<IncomingResponse>> send(OutgoingRequest request) override;

 private:
  FarSide& far_side_;
  std::function<bool()> dead_;
};

}  // namespace millrace::test
