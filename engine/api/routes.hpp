#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/access.hpp"
#include "api/api.hpp"
#include "api/approval_link.hpp"
#include "base/duration.hpp"
#include "value/value.hpp"

namespace millrace {

/// The world of the routes, and what they keep between two requests.
struct Api {
  explicit Api(const ApiWorld& of) : world(of), access(of.token, of.listen, of.project.public_url) {}

  ApprovalLinks links() const { return {world.url, world.token}; }

  ApiWorld world;
  Access access;
  bool was_ready = false;
  Deadline facts_due = Deadline(steady_now());  ///< asking for the store's size reads the whole of its counts
};

/// A request that was let in, taken apart.
struct Asked {
  std::vector<std::string> places;  ///< what stood where the route's pattern has "*"
  std::vector<std::pair<std::string, std::string>> query;
  Value body;  ///< a map, empty where nothing was sent
  Who who;

  /// The value of a name in the query, or nothing.
  std::string query_of(std::string_view name) const;
};

using ApiRoute = Task<OutgoingResponse> (*)(std::shared_ptr<Api> api, Asked asked);

struct ApiRouteEntry {
  std::string_view method, pattern;  ///< below /api/v1/, with "*" for one segment
  ApiRoute route;
};

/// /approve/RUN?key=KEY, for people: what the run asks as a page, and its form's answer. The key is the right to both.
Task<OutgoingResponse> answer_approval(std::shared_ptr<Api> api, IncomingRequest request);

const std::vector<ApiRouteEntry>& run_routes();       ///< runs and events
const std::vector<ApiRouteEntry>& workflow_routes();  ///< workflows, and the service itself

}  // namespace millrace
