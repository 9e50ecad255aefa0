#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "http/http_server.hpp"
#include "value/value.hpp"

namespace millrace::sandbox {

/// A request that came in, without the tokens in it.
struct LoggedRequest {
  Timestamp time;
  std::string method, path, query;
  HttpHeaders headers;
  std::string body;
  std::optional<int> status;  ///< nothing while it is under way, and where no answer was given
};

/// The last fifty thousand requests, in the order in which they came.
class RequestLog {
 public:
  /// The entry stays valid for its holder, also when the log has forgotten it.
  std::shared_ptr<LoggedRequest> add(const IncomingRequest& request);
  Value as_value() const;
  void reset() { entries_.clear(); }

 private:
  std::deque<std::shared_ptr<LoggedRequest>> entries_;
};

}  // namespace millrace::sandbox
