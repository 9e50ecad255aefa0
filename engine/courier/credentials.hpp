#pragma once

#include <memory>

#include "async/task.hpp"
#include "base/result.hpp"
#include "courier/connections.hpp"
#include "http/http_message.hpp"
#include "secret/secrets.hpp"

namespace millrace {

/// What a request shows at its connection to be let in. A task, because a token may have to be fetched first, and all
/// who need it wait for one fetch. Loop thread only.
class Credentials {
 public:
  virtual ~Credentials() = default;
  /// The headers of one request, which take the place of others of their names. None where the destination has no
  /// connection. What they hold goes to the wire and nowhere else.
  virtual Task<Result<HttpHeaders>> for_request(Destination to) = 0;
};

/// The tokens that connections name, as secrets. REQUIRES: `secrets` outlives it.
std::unique_ptr<Credentials> open_credentials(Secrets& secrets);

}  // namespace millrace
