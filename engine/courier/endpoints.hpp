#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string_view>

namespace millrace {

/// One operation at a far side, whichever thing it is about: a read of contact 17 and one of contact 18 are the same.
/// It tells nothing of the address, which may hold a secret.
using EndpointId = std::size_t;

/// `url`: with or without a query, which does not count.
EndpointId endpoint_of(std::string_view method, std::string_view url);

/// Tells an endpoint that fails by itself from a far side that is down: the one goes on failing while others get
/// through.
class Endpoints {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// `sent`: when the request left that got through: what was under way when the trouble began shows nothing.
  void got_through(EndpointId endpoint, Time sent);
  void missed(EndpointId endpoint, Time now);
  /// How often in a row.
  int misses(EndpointId endpoint) const;
  /// Whether its misses say nothing of the whole far side. It stays so until it gets through itself.
  bool fails_alone(EndpointId endpoint) const;

 private:
  struct Misses {
    int in_a_row = 0;
    Time first = {};
  };
  std::map<EndpointId, Misses> missing_;
  Time got_through_ = {};  ///< when the last request left that did
};

}  // namespace millrace
