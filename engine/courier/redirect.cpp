#include "courier/redirect.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "base/url_path.hpp"
#include "http/http_message.hpp"

namespace millrace {

namespace {

/// RFC 3986, 5.2.4, of a path that begins with "/".
std::string without_dots(std::string_view path) {
  std::vector<std::string> kept;
  const std::vector<std::string> segments = split(path.substr(1), '/');
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool dots = segments[i] == "." || segments[i] == "..";
    if (segments[i] == ".." && !kept.empty()) kept.pop_back();
    if (!dots) kept.push_back(segments[i]);
    if (dots && i + 1 == segments.size()) kept.emplace_back();
  }
  return "/" + join(kept, "/");
}

}  // namespace

Result<std::string> resolved(const Url& base, std::string location) {
  location = as_sent(trim(location));
  location = location.substr(0, location.find('#'));
  if (is_absolute_url(location)) return location;
  if (location.starts_with("//")) return base.scheme + ":" + location;
  const std::size_t colon = location.find(':');
  if (colon < location.find_first_of("/?")) return Error{ErrorCode::invalid, "only http and https are spoken"};
  const std::string path = base.path().empty() ? "/" : std::string(base.path());
  const std::size_t query = std::min(location.find('?'), location.size());
  std::string target = location.substr(0, query);
  if (target.empty()) {
    target = path;
  } else {
    if (target.front() != '/') target = path.substr(0, path.rfind('/') + 1) + target;
    target = without_dots(target);
  }
  return base.site() + target + location.substr(query);
}

bool is_to_follow(const Shipment& shipment, const IncomingResponse& response) {
  constexpr int redirects[] = {301, 302, 303, 307, 308};
  if (std::find(std::begin(redirects), std::end(redirects), response.status) == std::end(redirects)) return false;
  const bool asks = shipment.parts.method == "GET" || shipment.parts.method == "HEAD";
  return asks && !shipment.of_library && shipment.gives_whole_response() && !writes(shipment.effect) &&
         !shipment.takes_by_name(response.status);
}

Result<Shipment> sent_on(Shipment shipment, const IncomingResponse& response) {
  const std::string* location = response.headers.find("Location");
  if (location == nullptr) return Error{ErrorCode::invalid, "it does not say where"};
  const Url here = TRY(parse_url(shipment.to.url));
  std::string address = TRY(resolved(here, *location));
  const Url there = TRY(parse_url(address));
  if (const std::string strange = strange_in_path(there.path()); !strange.empty())
    return Error{ErrorCode::denied, "that address " + strange};
  if (here.scheme == "https" && there.scheme == "http")
    return Error{ErrorCode::denied, "that would leave the encrypted connection"};
  Destination& to = shipment.to;
  to.url = std::move(address);
  const auto base = parse_url(to.base);
  const bool stays = to.connection == nullptr ? here.origin() == there.origin() : base && lies_below(there, *base);
  if (stays) return shipment;
  to.name = to.place = there.place();
  to.loopback = there.loopback();
  to.left = to.connection != nullptr ? to.connection : to.left;
  to.connection = nullptr;
  to.kind = nullptr;
  shipment.parts.headers.clear();
  if (shipment.may_go_to) TRY(shipment.may_go_to(to));
  return shipment;
}

}  // namespace millrace
