#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "async/loop.hpp"
#include "async/task.hpp"
#include "base/result.hpp"
#include "courier/connections.hpp"
#include "courier/courier.hpp"
#include "courier/endpoints.hpp"
#include "courier/kept_tokens.hpp"
#include "courier/token_endpoint.hpp"
#include "secret/secrets.hpp"

namespace millrace {

/// A token for one request.
struct CurrentToken {
  Secret text = Secret("");
  std::string problem;  ///< why the connection has to be connected again before long, although this is still good
};

/// The OAuth tokens that requests show. They are renewed when 80 percent of their time are over, and when the far side
/// does not take them; one renewal a connection is under way, however many wait for it. Loop thread only.
class OAuthTokens {
 public:
  /// REQUIRES: all outlive it.
  OAuthTokens(Secrets& secrets, HttpClient& client, const CourierOptions& options);

  /// For the location, where a company's token opens none by itself; empty: the connection's own token. `unconnected`:
  /// somebody has to connect first. `unavailable`: none can be had now.
  Task<Result<CurrentToken>> current(Destination to, std::string location);

  /// The far side does not take it there. True where another one can be tried: not where this one came of a renewal for
  /// the same reason, and was never taken, nor where the one before was refused at the same endpoint: one that lets
  /// nobody in would have it renewed for ever.
  bool refused(const std::string& connection, const Secret& token, EndpointId where);
  void taken(const std::string& connection, const Secret& token, EndpointId where);

 private:
  /// Something that one does and others wait for.
  struct Flight {
    bool under_way = false;
    News landed;
    std::uint64_t landings = 0;
    Status outcome = Done{};
  };
  struct Line {
    Flight renewal;
    std::map<std::string, Flight> exchanges;   // by location
    std::set<std::string> refused;             // fingerprints
    std::string unproven;                      // fingerprint of what a renewal gave after a refusal
    std::string after_refusal;                 // of the same, once it was taken somewhere
    std::map<EndpointId, std::string> closed;  // fingerprint of what each refused last, until it takes one
    std::optional<std::chrono::steady_clock::time_point> not_before;  // after a renewal in vain, while there is time
  };
  enum class Need : std::uint8_t { none, soon, now };

  Need need_of(const Line& line, const AccessToken& token) const;
  Task<Result<KeptTokens::Entry>> with_good_token(Destination to);
  /// That what is kept was given for what millrace.yaml says now.
  Status check_holder(const Destination& to) const;
  Task<Result<KeptTokens::Entry>> exchanged(Destination to, std::string location, KeptTokens::Entry entry);
  Task<Status> renew(Line& line, std::string connection, std::uint64_t seen);
  Task<Status> exchange(Destination to, std::string location, KeptTokens::Entry entry);
  static Task<Status> landed(Flight& flight);

  Secrets& secrets_;
  const CourierOptions& options_;
  TokenEndpoint endpoint_;
  std::map<std::string, Line> lines_;
};

}  // namespace millrace
