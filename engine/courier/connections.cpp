#include "courier/connections.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "base/url_path.hpp"
#include "workflow/connections.hpp"
#include "workflow/hook_path.hpp"

namespace millrace {

namespace {

std::string quoted(const std::string& name) { return "connection \"" + name + "\""; }

Status check_location(const ConnectionSettings& settings, const ConnectionKind* kind, const std::string& location) {
  if (!kind || !kind->locations || location.empty() || settings.all_locations) return Done{};
  const auto& known = settings.locations;
  if (std::find(known.begin(), known.end(), location) != known.end()) return Done{};
  const std::string are = known.empty() ? "it has none" : "it has " + join(known, ", ");
  return Error{ErrorCode::denied, quoted(settings.name) + " is not for location \"" + location + "\" (" + are +
                                      "): add it to its locations in millrace.yaml"};
}

std::string without_end_slash(std::string text) {
  while (!text.empty() && text.back() == '/') text.pop_back();
  return text;
}

/// `base` with the path behind it; without a path, and before a query, it stays as it was written, slash at its end and
/// all.
std::string joined(const std::string& base, const std::string& path) {
  const bool goes_on = path.empty() || path.front() == '?';
  return goes_on ? base + path : without_end_slash(base) + path;
}

Result<std::string> below(const ConnectionSettings& settings, const std::string& base, const std::string& path) {
  if (path.empty()) return base;
  if (path.front() != '/' && path.front() != '?') {
    return Error{ErrorCode::invalid, "the path \"" + path + "\" must begin with \"/\""};
  }
  if (base.find('?') != std::string::npos) {
    return Error{ErrorCode::invalid,
                 "the base_url of " + quoted(settings.name) + " has a query, so nothing can stand behind it"};
  }
  return joined(base, path);
}

/// Whether whoever wrote the host meant a place of a private network: an address that stands there in full, or a name
/// that the public never resolves. What a public name leads to is not said by it.
bool names_private_place(const std::string& host) {
  if (host.starts_with('[') || host.find('.') == std::string::npos) return true;
  for (const char* suffix : {".internal", ".local", ".home.arpa"}) {
    if (host.ends_with(suffix)) return true;
  }
  return host.find_first_not_of("0123456789.") == std::string::npos;
}

/// At that host whoever names the connection means to be known; but the token was given for what lies below its
/// address.
Error outside(const ConnectionSettings& settings, const Url& url) {
  return {ErrorCode::denied, (url.path().empty() ? "/" : std::string(url.path())) + " is not below the address of " +
                                 quoted(settings.name) + " (" + settings.base_url +
                                 "), and its token goes nowhere else: make a connection of its own for it, or ask "
                                 "without one"};
}

/// A URL of which a part will only be known during the run.
Value unknown_url(const std::string& base, const std::string& what) {
  return Value::unknown(what.empty() || what.front() == '/' ? joined(base, what) : what);
}

}  // namespace

EgressRights egress_rights(const std::string& host, bool loopback, const AddressRights& said) {
  EgressRights rights;
  rights.connection = said.connection;
  rights.loopback_addresses = said.written_out && (loopback || host.ends_with(".localhost"));
  rights.private_addresses = said.private_addresses || (said.written_out && names_private_place(host));
  rights.link_local_addresses = said.link_local;
  return rights;
}

Result<const ConnectionSettings*> Connections::settings_of(const Action& action, const CallSite& site) const {
  if (site.connection.empty()) {
    if (!action.connection) return static_cast<const ConnectionSettings*>(nullptr);
    return Error{ErrorCode::invalid, action.name + " needs a connection: name one that millrace.yaml has"};
  }
  const ConnectionSettings* settings = project_.find_connection(site.connection);
  if (settings) return settings;
  std::vector<std::string> names;
  for (const ConnectionSettings& one : project_.connections) names.push_back(one.name);
  return Error{ErrorCode::not_found,
               "no " + quoted(site.connection) + " in millrace.yaml" + did_you_mean(site.connection, names)};
}

Status Connections::check_secrets(const ConnectionSettings& settings) const {
  for (const std::string& handle : secrets_of(settings)) {
    const auto secret = secrets_.find(handle);
    if (!secret) return secret.error().within(quoted(settings.name));
  }
  return Done{};
}

Result<std::string> Connections::base_url(const ConnectionSettings& settings) const {
  std::string base = settings.base_url;
  if (is_secret_handle(base)) {
    const auto secret = secrets_.find(base);
    if (!secret) return secret.error().within(quoted(settings.name));
    base = secret->reveal();
  }
  if (base.empty()) return Error{ErrorCode::invalid, quoted(settings.name) + " has no base_url"};
  return base;
}

/// The address behind a secret's handle. Which one it is only the file says: data that could name one could have it
/// used.
Result<std::string> Connections::secret_address(const std::string& handle, const CallSite& site) const {
  if (site.says_by_data)
    return Error{ErrorCode::denied, "the secret for an address is named in the workflow's file, and not by data"};
  const Secret secret = TRY(secrets_.find(handle));
  const std::string url = as_sent(trim(secret.reveal()));
  const auto whole = parse_url(url);
  if (!whole) return Error{ErrorCode::invalid, "what \"" + handle + "\" holds is no address: " + whole.error().message};
  if (const std::string strange = strange_in_path(whole->path()); !strange.empty())
    return Error{ErrorCode::invalid, "the address that \"" + handle + "\" holds " + strange};
  return url;
}

/// What people see of it is the handle.
Result<Destination> Connections::find(const Action& action, const CallSite& site, const std::string& location,
                                      const Value& path) const {
  const bool secret = path.is_text() && is_secret_handle(path.text());
  const Value held = secret ? Value(TRY(secret_address(path.text(), site))) : Value();
  Destination to = TRY(find_plain(action, site, location, secret ? held : path));
  to.own_hook = leads_to_own_hook(to.url);
  if (secret) to.shown_url = path;
  return to;
}

bool Connections::leads_to_own_hook(const std::string& url) const {
  if (url.find(hooks_prefix) == std::string::npos) return false;  // almost always: nothing is read
  const auto parts = parse_url(url);
  return parts && own_hook(*parts, project_);
}

Result<Destination> Connections::find_plain(const Action& action, const CallSite& site, const std::string& location,
                                            const Value& path) const {
  const ConnectionSettings* settings = TRY(settings_of(action, site));
  Destination to;
  if (!settings) {
    if (path.is_unknown()) {
      to.shown_url = path;
      return to;
    }
    if (path.text().empty() || path.text().front() == '?')
      return Error{ErrorCode::invalid, action.name + " is not told where to: say url, or a connection that has it"};
    to.url = as_sent(path.text());
    const Url url = TRY(parse_url(to.url));
    to.name = to.place = url.place();
    to.shown_url = path;
    to.loopback = url.loopback();
    return to;
  }
  const ConnectionKind* kind = catalog_.find_connection_kind(settings->plugin);
  TRY(check_location(*settings, kind, location));
  if (action.effect != Effect::read) TRY(check_secrets(*settings));  // a read is sent, and asks for them itself
  const std::string base = TRY(base_url(*settings));
  const auto base_parts = parse_url(base);
  if (!base_parts) return base_parts.error().within(quoted(settings->name));

  to.name = settings->name;
  to.place = base_parts->place();
  to.loopback = base_parts->loopback();
  to.base = base;
  to.connection = settings;
  to.kind = to.asked = kind;
  if (path.is_unknown()) {
    to.shown_url = unknown_url(settings->base_url, path.unknown_what());
    return to;
  }
  if (!is_absolute_url(path.text())) {
    to.url = as_sent(TRY(below(*settings, base, path.text())));
    to.shown_url = joined(settings->base_url, path.text());  // a base URL that is a secret shows its handle
    return to;
  }
  to.url = as_sent(path.text());
  const Url url = TRY(parse_url(to.url));
  to.shown_url = path;
  if (lies_below(url, *base_parts)) return to;
  if (url.origin() == base_parts->origin()) return outside(*settings, url);
  // Somebody else's host: the token stays here.
  to.name = to.place = url.place();
  to.loopback = url.loopback();
  to.connection = nullptr;
  to.kind = nullptr;
  return to;
}

Result<Destination> Connections::find_mail_server(const Action& action, const CallSite& site) const {
  const ConnectionSettings* settings = TRY(settings_of(action, site));
  const auto refused = [settings](const std::string& why) {
    return Error{ErrorCode::invalid, quoted(settings->name) + " " + why};
  };
  TRY(check_secrets(*settings));
  Destination to;
  to.name = settings->name;
  to.url = to.base = TRY(base_url(*settings));
  const auto server = parse_mail_server(to.url);
  if (!server) return server.error().within(quoted(settings->name));
  if (settings->from.empty())
    return refused("does not say who its mails come from: add from: Reports <reports@example.com>");
  const bool basic = !settings->shown || settings->shown->place == ShownSecret::Place::basic;
  if (!basic || !settings->token.empty())
    return refused("shows a mail server what it cannot read: auth: {basic: {user, password}} is what it takes");
  to.place = server->place();
  to.loopback = server->loopback();
  to.shown_url = settings->base_url;
  to.connection = settings;
  to.kind = to.asked = catalog_.find_connection_kind(settings->plugin);
  return to;
}

EgressRights Connections::rights_at(const Destination& to) {
  const ConnectionSettings* connection = to.connection;
  if (connection == nullptr) {
    EgressRights none;
    if (to.left != nullptr) none.left = to.left->name;
    return none;
  }
  return egress_rights(host_in(to.place), to.loopback,
                       {connection->name, connection->private_addresses, connection->link_local});
}

void Connections::add_headers(const Destination& to, HttpHeaders& headers) {
  if (!to.kind) return;
  for (const auto& [name, value] : to.kind->headers) headers.set(name, value);
}

Status Connections::check_writable(const Action& action, const Destination& to) const {
  // Of a path that only the run will tell the connection's own host is known.
  const std::string leads_to = to.url.empty() && to.connection ? TRY(base_url(*to.connection)) : to.url;
  const std::string* refused = refusal(action, to.asked, leads_to);
  if (!refused) return Done{};
  const std::string how = to.connection ? quoted(to.name) : "its address";
  return Error{ErrorCode::denied, action.name + " writes, and " + how + " leads to " + to.place + ": " + *refused};
}

}  // namespace millrace
