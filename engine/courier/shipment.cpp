#include "courier/shipment.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "base/url_path.hpp"
#include "catalog/arguments.hpp"
#include "catalog/pages.hpp"
#include "workflow/connections.hpp"

namespace millrace {

namespace {

/// Where the step leaves the address to its connection, people are shown that one.
Value with_address(Value input, const Action& action, const Destination& to) {
  const std::string& name = action.request ? action.request->url_input : std::string();
  const bool says = name.empty() || (input.find(name) != nullptr && !input.find(name)->is_null());
  if (says || (!input.is_map() && !input.is_null())) return input;
  Map entries = input.is_map() ? input.map() : Map();
  entries.set(name, to.shown_url);
  return entries;
}

bool wholly_known(const Action& action, const RequestParts& parts, const Value& input) {
  if (parts.path.contains_unknown() || parts.body.contains_unknown()) return false;
  if (!action.request) return true;
  if (fill(action.request->method, input).is_unknown()) return false;
  const auto known = [&input](std::string_view name) {
    const Value* value = name.empty() ? nullptr : input.find(name);
    return value == nullptr || !value->contains_unknown();
  };
  const Names& cookies = action.request->cookies;
  return known(action.request->headers_input) && (action.request->pages == nullptr || known(all_pages_input)) &&
         std::all_of(cookies.begin(), cookies.end(), [&](const auto& cookie) { return known(cookie.second); });
}

const Value* accepted(const Shipment& shipment) {
  const bool can_say = !shipment.of_library && !shipment.action->request->accept_input.empty();
  return can_say ? shipment.input.find(shipment.action->request->accept_input) : nullptr;
}

}  // namespace

bool Shipment::gives_whole_response() const { return of_library || action->request->whole_response; }

bool Shipment::takes_by_name(int status) const {
  const Value* said = accepted(*this);
  if (said == nullptr) return false;
  if (!said->is_list()) return *said == Value(status);
  return std::find(said->list().begin(), said->list().end(), Value(status)) != said->list().end();
}

bool Shipment::takes(int status) const {
  if (status >= 200 && status < 300) return true;
  if (of_library || !action->request->whole_response) return of_library;
  return takes_any() || status == 304 || takes_by_name(status);
}

bool Shipment::takes_any() const {
  const Value* said = accepted(*this);
  return said != nullptr && said->is_text() && said->text() == "any";
}

bool Shipment::gives_text() const {
  if (gives_whole_response() || !action->output) return false;
  const std::vector<std::string> types = action->outputs().types();
  return std::find(types.begin(), types.end(), "string") != types.end() &&
         std::all_of(types.begin(), types.end(), [](const auto& type) { return type == "string" || type == "null"; });
}

bool Shipment::may_give_text() const {
  if (gives_whole_response() || !action->output) return false;
  const std::vector<std::string> types = action->outputs().types();
  if (!types.empty()) return std::find(types.begin(), types.end(), "string") != types.end();
  const Value& said = action->output->document();
  return said.is_map() && std::all_of(said.map().begin(), said.map().end(), [](const Map::Entry& one) {
           return one.first.text() == "description" || one.first.text() == "definitions";
         });
}

std::string Shipment::save_as() const {
  const bool can_say = !of_library && !action->request->save_input.empty();
  const Value* file = can_say ? input.find(action->request->save_input) : nullptr;
  if (file == nullptr) return "";
  return file->is_unknown() ? "(" + file->unknown_what() + ")" : file->is_text() ? file->text() : "";
}

std::string Shipment::key_header() const {
  if (site.key.empty() || !writes(effect)) return "";
  if (action->request) return action->request->idempotency_header;
  return action->repeat == Repeat::keyed ? "Idempotency-Key" : "";
}

bool Shipment::repeatable() const {
  if (!writes(effect) || action->repeat == Repeat::idempotent) return true;
  return action->repeat == Repeat::keyed && !key_header().empty();
}

namespace {

/// People are shown who a mail comes from, too.
Value with_sender(const Value& body, const std::string& from) {
  Map mail;
  mail.set("from", from);
  for (const auto& [name, value] : body.map()) mail.set(name.text(), value);
  return mail;
}

/// `input` has its location already.
Result<Shipment> complete(const Connections& connections, Shipment shipment, const Action& action, RequestParts parts,
                          Value input, CallSite site) {
  shipment.action = &action;
  shipment.input = std::move(input);
  shipment.effect = effect_by(parts.method, effect_of(action, shipment.input));
  shipment.location = shipment.input.text_or("location_id", site.location);
  if (shipment.is_mail()) {
    shipment.to = TRY(connections.find_mail_server(action, site));
    parts.body = with_sender(parts.body, shipment.to.connection->from);
    if (!parts.body.contains_unknown()) TRY(read_mail(parts.body));
  } else {
    shipment.to = TRY(connections.find(action, site, shipment.location, parts.path));
  }
  if (writes(shipment.effect)) TRY(connections.check_writable(action, shipment.to));
  if (!shipment.of_library) TRY(check_signed(action, shipment.to.connection, shipment.input));
  shipment.input = with_address(std::move(shipment.input), action, shipment.to);
  shipment.known = wholly_known(action, parts, shipment.input);
  shipment.parts = std::move(parts);
  shipment.site = std::move(site);
  return shipment;
}

}  // namespace

Result<Shipment> prepared(const Connections& connections, const Action& action, Value input, CallSite site) {
  if (!action.request) return Error{ErrorCode::internal, action.name + " is not mapped to a request"};
  input = with_location(std::move(input), site.location);
  RequestParts parts = TRY(build_request(action, input, site.now));
  return complete(connections, {}, action, std::move(parts), std::move(input), std::move(site));
}

Result<Shipment> prepared(const Connections& connections, const Action& action, RequestParts parts, Value input,
                          CallSite site) {
  Shipment shipment;
  shipment.of_library = true;
  const std::string path = parts.path.is_text() ? parts.path.text() : "";
  if (const std::string strange = strange_in_address(path); !strange.empty())
    return Error{ErrorCode::invalid, "the address that " + action.name + " asks " + strange};
  input = with_location(std::move(input), site.location);
  return complete(connections, std::move(shipment), action, std::move(parts), std::move(input), std::move(site));
}

Result<Shipment> prepared_at(const Connections& connections, const Shipment& page, std::string address) {
  RequestParts parts = page.parts;
  parts.path = std::move(address);
  return complete(connections, {}, *page.action, std::move(parts), page.input, page.site);
}

namespace {

/// A header by which some servers take a request for one of another method.
const std::string* other_method(const RequestParts& parts) {
  for (const auto& [name, value] : parts.headers) {
    const std::string plain = lower(name);
    if (plain == "x-http-method-override" || plain == "x-http-method" || plain == "x-method-override") return &value;
  }
  return nullptr;
}

bool asks_by_post(const Shipment& shipment) {
  if (shipment.of_library || shipment.parts.method != "POST") return false;
  const Action& action = *shipment.action;
  if (!action.effect_input.empty()) return !shipment.site.says_by_data;
  return action.request->method.find('{') == std::string::npos;
}

}  // namespace

Result<ReadShipment> ReadShipment::of(Shipment shipment) {
  if (writes(shipment.effect))
    return Error{ErrorCode::internal, shipment.action->name + " writes and was to be sent as a read"};
  const std::string& method = shipment.parts.method;
  const std::string* other = other_method(shipment.parts);
  const bool asks = method == "GET" || method == "HEAD" || asks_by_post(shipment);
  if (!asks || other != nullptr) {
    return Error{ErrorCode::denied, shipment.action->name + " would send " + (other != nullptr ? *other : method) +
                                        ", and only GET and HEAD are sure to change nothing"};
  }
  return ReadShipment(std::move(shipment));
}

}  // namespace millrace
