#include "openapi/connection.hpp"

#include <algorithm>
#include <utility>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "openapi/schema_writer.hpp"

namespace millrace {

namespace {

/// The address with the variables' default values.
std::string with_variables(const Spot& server) {
  std::string url = server.text("url");
  const Spot variables = server.at("variables");
  if (!variables.is_map()) return url;
  for (const auto& [name, said] : variables.value->map()) {
    const std::string place = "{" + name.text() + "}";
    const std::size_t at = url.find(place);
    if (at != std::string::npos) url.replace(at, place.size(), said.text_or("default"));
  }
  return url;
}

void find_address(Documents& documents, Import& import) {
  const Spot servers = documents.root().at("servers");
  const Spot first = servers.item(0);
  std::string url = with_variables(first);
  while (url.ends_with('/')) url.pop_back();
  const bool plain = std::all_of(url.begin(), url.end(), [](unsigned char letter) {
    return letter > ' ' && letter < 0x7F &&
           std::string_view("\"'{}\\<>").find(static_cast<char>(letter)) == std::string_view::npos;
  });
  if (plain && parse_url(url)) import.base_url = url;
  if (import.base_url.empty())
    documents.tell(Severity::hint, "no-server", first ? first : documents.root(),
                   "the document says no whole address of a server: the connection's base_url has to");
  if (servers.is_list() && servers.value->list().size() > 1)
    documents.tell(Severity::hint, "many-servers", servers,
                   "the first of several servers is taken: a connection has one address");
}

/// The scheme that most operations name first, or that the document as a whole does.
std::string chosen_scheme(const Spot& root, const Spot& schemes) {
  std::map<std::string, std::size_t> named;
  const auto count = [&](const Spot& ways) {
    const Spot first = ways.item(0);
    if (first.is_map() && !first.value->map().empty()) ++named[first.value->map().begin()->first.text()];
  };
  count(root.at("security"));
  const Spot paths = root.at("paths");
  if (paths.is_map()) {
    for (const auto& [path, item] : paths.value->map()) {
      if (!item.is_map()) continue;
      for (const auto& [method, operation] : item.map()) count(paths.at(path.text()).at(method.text()).at("security"));
    }
  }
  std::string best;
  std::size_t most = 0;
  for (const auto& [name, times] : named) {
    if (times > most && schemes.at(name)) best = name, most = times;
  }
  if (best.empty() && schemes.is_map() && !schemes.value->map().empty())
    best = schemes.value->map().begin()->first.text();
  return best;
}

std::string in_quotes(std::string_view text) { return between('"', text, '"'); }

/// A secret of the plugin's name, as millrace.yaml hands it to a connection.
struct Shown {
  std::string kind = "none";  ///< the manifest's word
  std::string auth;           ///< millrace.yaml's, or empty
};

Shown shown_key(const Spot& scheme, const std::string& secret) {
  const std::string name = scheme.text("name"), in = scheme.text("in");
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char letter) {
    return letter > ' ' && letter < 0x7F && letter != '"' && letter != '\\';
  });
  if (!plain) return {};
  if (in == "header")
    return {"none", "{header: {name: " + in_quotes(name) + ", value: " + in_quotes("secret:" + secret) + "}}"};
  if (in == "query")
    return {"none", "{query: {name: " + in_quotes(name) + ", value: " + in_quotes("secret:" + secret) + "}}"};
  if (in != "cookie") return {};
  return {"none", "{header: {name: Cookie, value: " + in_quotes(name + "=secret:" + secret) + "}}"};
}

Shown shown_by(const Spot& scheme, const std::string& secret) {
  const std::string type = scheme.text("type"), http = lower(scheme.text("scheme"));
  const Shown bearer = {"bearer", "{token: " + in_quotes("secret:" + secret) + "}"};
  if (type == "oauth2" || type == "openIdConnect" || (type == "http" && http == "bearer")) return bearer;
  if (type == "http" && http == "basic")
    return {"none", "{basic: {user: USER, password: " + in_quotes("secret:" + secret) + "}}"};
  return type == "apiKey" ? shown_key(scheme, secret) : Shown{};
}

bool is_token_address(std::string_view url) {
  const bool plain =
      std::all_of(url.begin(), url.end(), [](unsigned char letter) { return letter > ' ' && letter < 0x7F; });
  return plain && (url.starts_with('/') || parse_url(url));
}

/// Where somebody agrees in a browser and where tokens come from, as far as the document says both.
void write_oauth2(const Spot& scheme, Map& connection) {
  const Spot flow = scheme.at("flows").at("authorizationCode");
  const std::string authorize = flow.text("authorizationUrl"), token = flow.text("tokenUrl");
  if (scheme.text("type") != "oauth2" || !is_token_address(authorize) || !is_token_address(token)) return;
  connection.set("oauth2", Value::object({{"authorize_url", authorize}, {"token_url", token}}));
}

}  // namespace

Value write_connection(Documents& documents, const std::string& plugin, Import& import) {
  find_address(documents, import);
  const Spot schemes = documents.root().at("components").at("securitySchemes");
  const std::string name = chosen_scheme(documents.root(), schemes);
  if (name.empty()) return Value::object({{"auth", "none"}});
  const Spot scheme = documents.follow(schemes.at(name));
  const Shown shown = shown_by(scheme, plugin + "_token");
  if (shown.auth.empty() && scheme)
    documents.tell(Severity::warning, "left-out-security", scheme, "a connection cannot show a secret in this way");
  const auto shown_otherwise = [&](const Map::Entry& one) {
    return shown_by(documents.follow(schemes.at(one.first.text())), plugin + "_token").auth != shown.auth;
  };
  if (std::any_of(schemes.value->map().begin(), schemes.value->map().end(), shown_otherwise))
    documents.tell(
        Severity::hint, "many-schemes", schemes,
        "connections show " + printable(shortened(name, 60)) + ", which most operations name; there are others");
  import.auth = shown.auth;
  Map connection;
  connection.set("auth", shown.kind);
  write_oauth2(scheme, connection);
  return connection;
}

}  // namespace millrace
