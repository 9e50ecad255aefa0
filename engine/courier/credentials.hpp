#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "async/task.hpp"
#include "base/result.hpp"
#include "courier/connections.hpp"
#include "courier/courier.hpp"
#include "http/http_message.hpp"
#include "secret/secrets.hpp"

namespace millrace {

/// What accompanies one request: headers, which take the place of others of their names, and parameters behind its
/// query. It goes to the wire and nowhere else.
struct ShownCredentials {
  HttpHeaders headers;
  std::vector<std::pair<std::string, std::string>> query;
  std::optional<Secret> signs = {};  ///< the key with which the request is to be signed, once all of it is there
  std::optional<Secret> token = {};  ///< one that can be renewed
  std::vector<Secret> shows = {};    ///< the connection's secrets in it
  bool previous = false;             ///< among them is one that a rotation has replaced
  std::string problem = {};          ///< to be told although all is well still
};

/// What a request shows at its connection to be let in. A task, because a token may have to be fetched first, and all
/// who need it wait for one fetch. Loop thread only.
class Credentials {
 public:
  virtual ~Credentials() = default;
  /// Nothing where the destination has no connection. `location`: where a token opens one alone. `unavailable`: none
  /// can be had now; `unconnected`: somebody has to connect first.
  virtual Task<Result<ShownCredentials>> for_request(Destination to, std::string location) = 0;
  /// The far side did not take what was shown. True where there may be something else to show.
  virtual bool refused(const Destination& to, const ShownCredentials& shown) = 0;
  virtual void taken(const Destination& to, const ShownCredentials& shown) = 0;
};

/// The secrets that connections name, and the tokens that they were given. During a rotation the value before takes the
/// place of one that the far side does not take, until the rotation ends, and the new one is tried again now and then.
/// REQUIRES: all outlive it.
std::unique_ptr<Credentials> open_credentials(Secrets& secrets, HttpClient& client, const CourierOptions& options);

}  // namespace millrace
