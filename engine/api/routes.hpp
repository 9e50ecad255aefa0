#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/api.hpp"
#include "api/approval_link.hpp"
#include "api/guard.hpp"
#include "api/visitor.hpp"
#include "base/duration.hpp"
#include "console/page.hpp"
#include "people/roles.hpp"
#include "value/value.hpp"

namespace millrace {

/// The world of the routes, and what they keep between two requests.
struct Api {
  explicit Api(const ApiWorld& of)
      : world(of),
        guard(of.token, of.listen, of.project.public_url, of.project.hosts),
        base(base_of(of.project.public_url)),
        page(of.page, base) {}

  ApprovalLinks links() const { return {world.url, world.token}; }

  ApiWorld world;
  Guard guard;
  std::string base;  ///< the path below which people reach us: "/", "/flows/"
  Page page;
  bool was_ready = false;
  int streams = 0;                              ///< that are open
  Deadline facts_due = Deadline(steady_now());  ///< asking for the store's size reads the whole of its counts
};

/// What opens a route. Whoever lacks it is refused before the handler hears of the request.
enum class Access : std::uint8_t {
  delivery,  ///< open to every sender once the service is ready: the hook itself proves who sends
  token,     ///< the project's, of a program that knows us by a name of ours; or the session of somebody who came in
  approval_key,  ///< the key in the link to one run, in a browser that no other site has sent here
  enter,         ///< whoever is at our own page: what he sends is his right
  page,          ///< whoever asks for the console under a name of ours: it is the same for everybody
  anyone,
};

/// "approval key"
std::string_view name_of(Access access) noexcept;

/// The largest body that an address takes; that of deliveries is the server's own.
std::size_t largest_body(Access access) noexcept;

/// A request that was let in.
struct Asked {
  IncomingRequest request;
  std::vector<std::string> places;  ///< what stood where the route's pattern has braces

  // Read for routes that the token opens, and of these the body for those through which somebody comes in.
  std::vector<std::pair<std::string, std::string>> query;
  Value body;  ///< a map, empty where nothing was sent
  Visitor visitor;
  Who who;  ///< the visitor's name

  /// The value of a name in the query, or nothing.
  std::string query_of(std::string_view name) const;
};

/// What the reference says of a route (docs/reference/http.md): short texts of Markdown.
struct RouteWords {
  std::string_view does;          ///< a sentence
  std::string_view query = "";    ///< the names that it reads behind the question mark, each with what it means
  std::string_view body = "";     ///< the members of what is sent
  std::string_view answers = "";  ///< the members of what it answers, or what that is where it is no JSON
  std::string_view refuses = "";  ///< what it refuses by itself, by status: beside what its access says
  int status = 200;               ///< where it does as it is asked
};

using RouteHandler = Task<OutgoingResponse> (*)(std::shared_ptr<Api> api, Asked asked);

/// One row of the table of all that this service answers.
struct Route {
  std::string_view method;   ///< GET answers HEAD, too
  std::string_view pattern;  ///< "/api/v1/runs/{run}"; "{path...}" at the end is all that is left, undecoded
  Access access;             ///< the same for all rows of one pattern
  RouteHandler handler;
  RouteWords words;
  std::optional<Right> right = {};  ///< of whoever the token opens it to; unless said: to read for GET, else administer
};

/// What somebody must be allowed for whom the token opens this route.
Right right_of(const Route& route) noexcept;

std::span<const Route> open_routes();      ///< deliveries, and what watches the service
std::span<const Route> session_routes();   ///< how people come in and go
std::span<const Route> feed_routes();      ///< what changes
std::span<const Route> people_routes();    ///< users, and the tokens of programs
std::span<const Route> console_routes();   ///< the page and its files
std::span<const Route> approval_routes();  ///< what people answer
std::span<const Route> overview_routes();  ///< what there is to do, what comes, how much of it
std::span<const Route> run_routes();       ///< runs and events
std::span<const Route> workflow_routes();  ///< workflows
std::span<const Route> file_routes();      ///< the files of workflows, and their versions
std::span<const Route> plan_routes();      ///< plans that the service keeps
std::span<const Route> editor_routes();    ///< what is asked while somebody types
std::span<const Route> service_routes();   ///< the service itself, and what it works with

/// What a browser is told that has come in.
OutgoingResponse session_answer(const Api& api, const BegunSession& begun);

/// All of them.
const std::vector<Route>& all_routes();

}  // namespace millrace
