#pragma once

#include <optional>
#include <string>

#include "async/task.hpp"
#include "base/result.hpp"
#include "courier/breaker.hpp"
#include "courier/budgets.hpp"
#include "courier/connections.hpp"
#include "courier/courier.hpp"
#include "courier/credentials.hpp"
#include "courier/shipment.hpp"
#include "http/http_client.hpp"
#include "secret/secrets.hpp"

namespace millrace {

/// How sending ended.
struct Journey {
  Result<IncomingResponse> answer;
  std::string why = {};           ///< of a 401: the reason given in it, which says whether the token was refused
  bool tried = false;             ///< the far side was called at all; else something on this side was in the way
  bool left = false;              ///< at least one attempt reached the far side, or may have
  bool lost = false;              ///< the last attempt left and its answer did not come back whole
  bool lost_before = false;       ///< an earlier attempt did, so this may have been done before
  std::string sent_on_to = {};    ///< where the last redirect led that was followed; for people
  std::string not_followed = {};  ///< why the answer, a redirect of a read, was not
};

/// Sends requests with credentials, within the budgets, and again where that is safe.
///
/// Where a service waits for connections that are down, what surely did not reach the far side is sent again until it
/// does, and so is what may be sent twice for as long as the connection is down.
class Sender {
 public:
  Sender(Credentials& credentials, Budgets& budgets, Breakers& breakers, HttpClient& client, const Secrets& secrets,
         const CourierOptions& options)
      : credentials_(credentials),
        budgets_(budgets),
        breakers_(breakers),
        client_(client),
        secrets_(secrets),
        options_(options) {}

  /// REQUIRES: shipment.known.
  Task<Journey> send(Shipment shipment);

 private:
  struct Permission;
  struct Sending;

  Result<OutgoingRequest> build(const Shipment& shipment) const;
  Task<void> build_with_credentials(Sending& sending);
  Task<std::optional<Duration>> without_credentials(Sending& sending, Passage& passage);
  bool is_to_renew(Sending& sending) const;
  Task<Result<Permission>> permit(const Shipment& shipment);
  Task<std::optional<Duration>> attempt(Sending& sending);
  std::optional<Duration> wait_while_down(const Sending& sending, const Passage& passage) const;
  bool follow(Sending& sending) const;

  Credentials& credentials_;
  Budgets& budgets_;
  Breakers& breakers_;
  HttpClient& client_;
  const Secrets& secrets_;
  const CourierOptions& options_;
};

}  // namespace millrace
