#include "api/api.hpp"

#include <utility>

#include "api/entrance.hpp"
#include "api/routes.hpp"

namespace millrace {

namespace {

/// What every answer says that people and programs of ours read. Senders of deliveries get what their hook says, and
/// nothing beside it.
void dress(OutgoingResponse& response) {
  if (response.headers.find("Cache-Control") != nullptr) return;  // the page and its files say it themselves
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("X-Content-Type-Options", "nosniff");
  if (!response.body.empty() && !response.body.ends_with('\n')) response.body += '\n';
}

/// A sender that checks an address of a hook asks by GET. Where no trigger answers that, it is a wrong method.
bool may_check(const Found& found, const IncomingRequest& request) {
  return request.only_asks() && found.access == Access::delivery && found.route == nullptr;
}

/// A proxy may pass on the path of `public_url` or leave it out: both lead to the same place.
bool came_below(const Api& api, const IncomingRequest& request) {
  return api.base.size() > 1 && request.path.starts_with(api.base);
}
std::string inner_path(const Api& api, const IncomingRequest& request) {
  return request.path.substr(api.base.size() - 1);
}

void count_delivery(Api& api, int status) {
  api.world.metrics.series("millrace_webhook_requests_total", {{"code", std::to_string(status)}}).add();
}

Task<OutgoingResponse> answer(std::shared_ptr<Api> api, IncomingRequest request) {
  if (came_below(*api, request)) request.path = inner_path(*api, request);
  const Found found = find_route(request.method, request.path);
  Asked asked;
  auto refused = turned_away(*api, found, request, asked.visitor);
  if (refused && refused->status == 405 && may_check(found, request)) {
    auto told = api->world.service.challenge(request);
    if (told) co_return std::move(*told);
  }
  if (!refused) refused = unreadable(found, request, asked);
  if (refused) {
    dress(*refused);
    co_return std::move(*refused);
  }
  asked.request = std::move(request);
  if (!asked.visitor.session.empty()) {
    std::string session = asked.visitor.session;
    co_await api->world.sessions.note_use(std::move(session));
  }
  OutgoingResponse response = co_await found.route->handler(api, std::move(asked));
  if (found.access == Access::delivery) {
    count_delivery(*api, response.status);
  } else {
    dress(response);
  }
  co_return response;
}

Admittance let_in(Api& api, const IncomingRequest& head) {
  const Found found = find_route(head.method, head.path);
  Visitor visitor;
  Admittance admitted{turned_away(api, found, head, visitor), largest_body(found.access)};
  if (admitted.refusal) {
    dress(*admitted.refusal);
    return admitted;
  }
  if (found.access != Access::delivery) return admitted;
  admitted.refusal = api.world.service.hook_refused(head);
  if (admitted.refusal) count_delivery(api, admitted.refusal->status);
  return admitted;
}

/// A hook's owner hears of what never came whole, as of what it refuses itself.
void note_refused(Api& api, const IncomingRequest& head, int status, std::string_view why) {
  const Found found = find_route(head.method, head.path);
  if (found.route == nullptr || found.access != Access::delivery) return;
  count_delivery(api, status);
  api.world.service.hook_cut_off(head, status, why);
}

/// As it is below our own root.
IncomingRequest inner_head(const Api& api, const IncomingRequest& head) {
  IncomingRequest inner;
  inner.method = head.method;
  inner.path = came_below(api, head) ? inner_path(api, head) : head.path;
  return inner;
}

}  // namespace

std::string Asked::query_of(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return "";
}

const std::vector<Route>& all_routes() {
  static const std::vector<Route> all = [] {
    std::vector<Route> list;
    // The first that fits is asked: counts are no run.
    for (const auto part : {open_routes(), session_routes(), people_routes(), feed_routes(), console_routes(),
                            approval_routes(), overview_routes(), run_routes(), workflow_routes(), file_routes(),
                            editor_routes(), plan_routes(), service_routes()})
      list.insert(list.end(), part.begin(), part.end());
    return list;
  }();
  return all;
}

HttpHandler routes_of(ApiWorld world) {
  const auto api = std::make_shared<Api>(world);
  return [api](IncomingRequest request) { return answer(api, std::move(request)); };
}

HttpDoor door_of(ApiWorld world) {
  const auto api = std::make_shared<Api>(world);
  return [api](const IncomingRequest& head) {
    if (!came_below(*api, head)) return let_in(*api, head);
    IncomingRequest inner = head;
    inner.path = inner_path(*api, head);
    return let_in(*api, inner);
  };
}

HttpOwner owner_of(ApiWorld world) {
  const auto api = std::make_shared<Api>(world);
  return {door_of(world), [api](const IncomingRequest& head, int status, std::string_view why) {
            note_refused(*api, inner_head(*api, head), status, why);
          }};
}

}  // namespace millrace
