#include "api/entrance.hpp"

#include <algorithm>
#include <utility>

#include "api/approval_page.hpp"
#include "api/openapi.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "http/answers.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

/// Takes the first segment, with the slash before it, off a path.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

/// Whether the path is one of the pattern's; what stands at its braces goes into `places`.
bool fits(std::string_view pattern, std::string_view path, std::vector<std::string_view>& places) {
  places.clear();
  while (!pattern.empty() && path.starts_with('/')) {
    const std::string_view rest = path.substr(1);
    const std::string_view wanted = take_segment(pattern), given = take_segment(path);
    if (wanted.ends_with("...}")) {
      places.push_back(rest);
      return true;
    }
    if (wanted.starts_with('{')) {
      places.push_back(given);
    } else if (wanted != given) {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

OutgoingResponse not_allowed(const std::string& allowed) {
  OutgoingResponse response = refusal(405, "invalid", "this address takes " + allowed + " only");
  response.headers.add("Allow", allowed);
  return response;
}

/// Before the service is ready nobody listens anywhere, and a sender that is told so might not come back.
std::optional<OutgoingResponse> delivery_refused(Api& api) {
  if (!api.was_ready) api.was_ready = api.world.service.status().ready;
  if (api.was_ready) return std::nullopt;
  return refusal(503, "unavailable", "the service is starting");
}

/// The one who comes in by `enter` has no right yet: that it is no page of others that sends him is all.
std::optional<OutgoingResponse> sent_here(const Api& api, const IncomingRequest& request) {
  const Status ours = api.guard.check_own_page(request);
  return ours ? std::nullopt : std::optional(refusal(403, "denied", ours.error().message));
}

std::optional<OutgoingResponse> token_refused(const Api& api, const Found& found, const IncomingRequest& request,
                                              Visitor& visitor) {
  Entrant entrant = entrant_of(api, request);
  if (entrant.refusal) return std::move(entrant.refusal);
  visitor = std::move(*entrant.visitor);
  if (found.route == nullptr || visitor.roles.may(right_of(*found.route))) return std::nullopt;
  const std::string role(name_of(role_with(right_of(*found.route))));
  return refusal(403, "denied", "this takes the role " + role + ", which " + visitor.who + " has not");
}

/// Whether the key in the address is that of its run.
bool opens_run(const Api& api, std::string_view run, const IncomingRequest& request) {
  const auto key = parse_run_key(run);
  const auto query = decode_query(request.query);
  const auto given = std::find_if(query.begin(), query.end(), [](const auto& pair) { return pair.first == "key"; });
  return key && given != query.end() && is_approval_key(given->second, api.world.token, *key);
}

std::optional<OutgoingResponse> approval_refused(const Api& api, const Found& found, const IncomingRequest& request) {
  const auto allowed = api.guard.check_page(request);
  if (!allowed) return notice_page(403, "Refused", allowed.error().message);
  if (!opens_run(api, found.places.front(), request)) return no_approval_page();
  return std::nullopt;
}

std::optional<OutgoingResponse> stranger_refused(const Api& api, const IncomingRequest& request) {
  const Status known = api.guard.check_host(request);
  return known ? std::nullopt : std::optional(refusal(403, "denied", known.error().message));
}

std::optional<OutgoingResponse> access_refused(Api& api, const Found& found, const IncomingRequest& request,
                                               Visitor& visitor) {
  switch (found.access) {
    case Access::delivery:
      return delivery_refused(api);
    case Access::token:
      return token_refused(api, found, request, visitor);
    case Access::approval_key:
      return approval_refused(api, found, request);
    case Access::enter:
      return sent_here(api, request);
    case Access::page:
      return stranger_refused(api, request);
    case Access::anyone:
      return std::nullopt;
  }
  return std::nullopt;
}

Result<Value> body_of(const IncomingRequest& request) {
  if (request.body.empty()) return Value(Map());
  auto body = parse_json(request.body);
  if (!body) return body.error().within("the body");
  if (!body->is_map()) return Error{ErrorCode::invalid, "the body has to be a JSON object"};
  return body;
}

/// What programs send: the places decoded, the query, a body of JSON.
Status read_call(const IncomingRequest& request, Asked& asked) {
  for (std::string& place : asked.places) {
    auto decoded = percent_decode(place);
    if (!decoded || !valid_utf8(*decoded)) return Error{ErrorCode::invalid, "the address is malformed"};
    place = std::move(*decoded);
  }
  asked.body = TRY(body_of(request));
  asked.query = decode_query(request.query);
  return Done{};
}

Error unknown_name(const std::string& where, const std::string& name, std::vector<std::string> known) {
  for (std::string& each : known) each = '"' + each + '"';
  return {ErrorCode::invalid, where + " has \"" + printable(name) + "\", which is not known here; it may have " +
                                  (known.empty() ? "nothing" : listed(known))};
}

/// Whoever says more than is understood shall not take it for done: {"dry_run": true} where nothing knows that word.
Status check_names(const RouteWords& words, const Asked& asked) {
  const auto is_in = [](const std::vector<std::string>& known, const std::string& name) {
    return std::find(known.begin(), known.end(), name) != known.end();
  };
  const std::vector<std::string> members = names_asked(words.body), parameters = names_asked(words.query);
  for (const auto& [name, value] : asked.body.map()) {
    if (!is_in(members, name.text())) return unknown_name("the body", name.text(), members);
  }
  for (const auto& [name, value] : asked.query) {
    if (!is_in(parameters, name)) return unknown_name("the address", name, parameters);
  }
  return Done{};
}

/// What a form of another page can send is never JSON.
bool is_json(const IncomingRequest& request) {
  const std::string* type = request.headers.find("Content-Type");
  return type != nullptr && lower(trim(type->substr(0, type->find(';')))) == "application/json";
}

}  // namespace

std::string_view name_of(Access access) noexcept {
  switch (access) {
    case Access::delivery:
      return "delivery";
    case Access::token:
      return "token";
    case Access::approval_key:
      return "approval key";
    case Access::enter:
      return "enter";
    case Access::page:
      return "page";
    case Access::anyone:
      return "anyone";
  }
  return "";
}

std::size_t largest_body(Access access) noexcept {
  switch (access) {
    case Access::delivery:
      return std::string::npos;
    case Access::token:
      return 1u << 20;
    case Access::approval_key:
    case Access::enter:
    case Access::page:
    case Access::anyone:
      return 64u << 10;
  }
  return 0;
}

Found find_route(std::string_view method, std::string_view path) {
  Found found;
  std::vector<std::string_view> places;
  for (const Route& route : all_routes()) {
    if (!fits(route.pattern, path, places)) continue;
    found.access = route.access;
    found.places = std::move(places);
    if (route.method == (method == "HEAD" ? "GET" : method)) {
      found.route = &route;
      return found;
    }
    found.allowed +=
        (found.allowed.empty() ? "" : ", ") + std::string(route.method == "GET" ? "GET, HEAD" : route.method);
  }
  // Which addresses there are below the token is told to nobody who lacks it.
  if (found.allowed.empty() && path.starts_with("/api/v1/")) found.access = Access::token;
  return found;
}

std::optional<OutgoingResponse> turned_away(Api& api, const Found& found, const IncomingRequest& request,
                                            Visitor& visitor) {
  if (auto refused = access_refused(api, found, request, visitor)) return refused;
  if (found.route != nullptr) return std::nullopt;
  if (found.allowed.empty()) {
    if (auto page = api.page.elsewhere(request)) {
      const auto stranger = stranger_refused(api, request);
      return stranger ? stranger : page;
    }
    return refusal(404, "not_found", "there is nothing at this address");
  }
  return not_allowed(found.allowed);
}

Right right_of(const Route& route) noexcept {
  return route.right.value_or(route.method == "GET" ? Right::read : Right::administer);
}

std::optional<OutgoingResponse> unreadable(const Found& found, const IncomingRequest& request, Asked& asked) {
  asked.places.assign(found.places.begin(), found.places.end());
  if (found.access != Access::token && found.access != Access::enter) return std::nullopt;
  if (request.body.size() > largest_body(found.access)) return refusal(413, "invalid", "the body is too large");
  asked.who = asked.visitor.who;
  const bool by_page = found.access == Access::enter || !asked.visitor.session.empty();
  if (by_page && !request.body.empty() && !is_json(request))
    return refusal(415, "invalid", "the body has to be JSON, and Content-Type application/json");
  auto read = read_call(request, asked);
  if (read && !request.only_asks()) read = check_names(found.route->words, asked);
  return read ? std::nullopt : std::optional(refusal(read.error()));
}

}  // namespace millrace
