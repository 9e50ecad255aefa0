#pragma once

#include <memory>
#include <string>

#include "async/loop.hpp"
#include "base/result.hpp"
#include "http/http_message.hpp"

namespace millrace {

struct OutgoingRequest {
  std::string method;
  std::string url;  ///< http or https, absolute
  HttpHeaders headers;
  std::string body;
  Deadline deadline;
  std::size_t max_response_bytes = 16u << 20;
  /// Addresses that are not public are refused at connect time, whatever a name leads to by then, unless the connection
  /// of the project that names the host lets them be reached: those of this machine, those of private networks (this
  /// machine among them), and those where clouds hand out credentials, link-local ones above all.
  bool loopback_addresses = false, private_addresses = false, link_local_addresses = false;
  std::string connection = {};  ///< that names the host; for messages
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
