#pragma once

#include <memory>
#include <string>

#include "async/loop.hpp"
#include "base/result.hpp"
#include "http/egress_rights.hpp"
#include "http/http_message.hpp"

namespace millrace {

struct OutgoingRequest : EgressRights {
  std::string method;
  std::string url;  ///< http or https, absolute
  HttpHeaders headers;
  std::string body;
  Deadline deadline;
  std::size_t max_response_bytes = 16u << 20;
  std::string ca_file = {};  ///< certificates (PEM) that alone are trusted; empty: the system's
  /// For whoever wants to be told whether the far side may have got any of it; no code says so of what failed.
  bool* may_have_left = nullptr;
};

struct IncomingResponse {
  int status = 0;
  HttpHeaders headers;
  std::string body;
};

/// Sends requests. A body that comes packed (gzip, deflate) is unpacked, within the limit of its size. Redirects are
/// not followed, cookies, netrc and proxy variables are ignored, only http and https are spoken, TLS is verified. Loop
/// thread only; as many requests at once as are asked for, connections are reused.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  /// An answer of any status is a success here. Errors: `unavailable` (could not connect: nothing was sent), `unsure`
  /// (the request may have left, no whole answer came: connection dropped, half an answer), `timeout` (may have left
  /// too), `denied` (egress rule, TLS), `invalid` (URL, answer too large or
  /// not packed as it says). Messages name the host and what happened.
  virtual Task<Result<IncomingResponse>> send(OutgoingRequest request) = 0;
};

/// REQUIRES: `loop` outlives the client.
std::unique_ptr<HttpClient> open_http_client(Loop& loop);

}  // namespace millrace
