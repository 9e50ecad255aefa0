#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "async/task.hpp"
#include "base/result.hpp"
#include "courier/connections.hpp"
#include "http/http_message.hpp"
#include "secret/secrets.hpp"

namespace millrace {

/// What accompanies one request: headers, which take the place of others of their names, and parameters behind its
/// query. It goes to the wire and nowhere else.
struct ShownCredentials {
  HttpHeaders headers;
  std::vector<std::pair<std::string, std::string>> query;
  std::optional<Secret> signs;  ///< the key with which the request is to be signed, once all of it is there
};

/// What a request shows at its connection to be let in. A task, because a token may have to be fetched first, and all
/// who need it wait for one fetch. Loop thread only.
class Credentials {
 public:
  virtual ~Credentials() = default;
  /// Nothing where the destination has no connection.
  virtual Task<Result<ShownCredentials>> for_request(Destination to) = 0;
};

/// The secrets that connections name. REQUIRES: `secrets` outlives it.
std::unique_ptr<Credentials> open_credentials(Secrets& secrets);

}  // namespace millrace
