#include "openapi/connection.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "openapi/operations.hpp"
#include "openapi/schema_writer.hpp"

namespace millrace {

std::string server_address(const Spot& server) {
  std::string url = server.text("url");
  const Spot variables = server.at("variables");
  if (!variables.is_map()) return url;
  for (const auto& [name, said] : variables.value->map()) {
    const std::string place = "{" + name.text() + "}";
    const std::string value = said.text_or("default");
    for (std::size_t at = url.find(place); at != std::string::npos; at = url.find(place, at + value.size()))
      url.replace(at, place.size(), value);
  }
  return url;
}

namespace {

void find_address(Documents& documents, Import& import) {
  const Spot servers = documents.root().at("servers");
  const Spot first = servers.item(0);
  std::string url = server_address(first);
  while (url.ends_with('/')) url.pop_back();
  const bool plain = std::all_of(url.begin(), url.end(), [](unsigned char letter) {
    return letter > ' ' && letter < 0x7F &&
           std::string_view("\"'{}\\<>").find(static_cast<char>(letter)) == std::string_view::npos;
  });
  if (plain && parse_url(url)) import.base_url = url;
  if (plain && url.starts_with('/') && !url.starts_with("//")) import.base_path = url;
  if (import.base_url.empty())
    documents.tell(Severity::hint, "no-server", first ? first : documents.root(),
                   "the document says no whole address of a server: the connection's base_url has to" +
                       (import.base_path.empty() ? "" : ", with " + import.base_path + " at its end"));
  if (servers.is_list() && servers.value->list().size() > 1)
    documents.tell(Severity::hint, "many-servers", servers,
                   "the first of several servers is taken: a connection has one address");
}

/// Which ways to show who asks the operations of a document name, and how often.
class SecurityCount {
 public:
  explicit SecurityCount(Documents& documents)
      : documents_(documents), schemes_(documents.root().at("components").at("securitySchemes")) {}

  /// An operation that says none itself has what the document says for all.
  Security most_named() {
    const Spot of_all = documents_.root().at("security"), paths = documents_.root().at("paths");
    if (paths.is_map()) {
      for (const auto& [path, item] : paths.value->map()) {
        if (path.text().starts_with("x-")) continue;
        const Spot written = paths.at(path.text()), behind = documents_.follow(written);
        count_methods(behind, of_all);
        if (is_reference(written)) count_methods(written, of_all);
      }
    }
    count(of_all, 1);  // of two that are named alike often
    Security chosen;
    std::size_t most = 0;
    for (const auto& [name, named] : named_) {
      if (named.weight > most) chosen.name = name, most = named.weight;
    }
    if (chosen.name.empty() && schemes_.is_map() && !schemes_.value->map().empty())
      chosen.name = schemes_.value->map().begin()->first.text();
    if (chosen.name.empty()) return chosen;
    chosen.scheme = documents_.follow(schemes_.at(chosen.name));
    chosen.together = named_[chosen.name].together;
    return chosen;
  }

 private:
  struct Named {
    std::size_t weight = 0;
    Spot together;  ///< where it is named with others that are needed as well
  };

  void count_methods(const Spot& item, const Spot& of_all) {
    if (!item.is_map()) return;
    for (const auto& [word, operation] : item.value->map()) {
      if (!is_method(word.text())) continue;
      const Spot own = item.at(word.text()).at("security");
      count(own ? own : of_all, 2);
    }
  }

  /// The first way counts that is one scheme, for a connection shows one; else the first.
  void count(const Spot& ways, std::size_t weight) {
    if (!ways) return;
    if (!ways.is_list())
      return documents_.tell(Severity::error, "wrong-security", ways, "expected a list of ways to show who asks");
    Spot first;
    for (std::size_t at = 0; at < ways.value->list().size(); ++at) {
      const Spot way = ways.item(at);
      if (!all_known(way) || way.value->map().empty()) continue;
      const bool alone = way.value->map().size() == 1, first_is_alone = first && first.value->map().size() == 1;
      if (!first || (alone && !first_is_alone)) first = way;
    }
    if (!first) return;
    Named& named = named_[first.value->map().begin()->first.text()];
    named.weight += weight;
    if (first.value->map().size() > 1 && !named.together) named.together = first;
  }

  bool all_known(const Spot& way) {
    if (!way.is_map()) {
      documents_.tell(Severity::error, "wrong-security", way,
                      "expected the name of a way to show who asks, and its scopes");
      return false;
    }
    bool known = true;
    for (const auto& [name, scopes] : way.value->map()) {
      if (schemes_.at(name.text())) continue;
      known = false;
      documents_.tell(Severity::error, "wrong-security", way,
                      "components/securitySchemes has no " + printable(shortened(name.text(), 60)));
    }
    return known;
  }

  Documents& documents_;
  Spot schemes_;
  std::map<std::string, Named> named_;
};

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

/// What the connection does not show.
template <class Otherwise>
void tell_others(Documents& documents, const Security& security, const Spot& schemes, Otherwise shown_otherwise) {
  const std::string name = printable(shortened(security.name, 60));
  if (security.together) {
    std::vector<std::string> names;
    for (const auto& [one, scopes] : security.together.value->map())
      names.push_back(printable(shortened(one.text(), 60)));
    return documents.tell(Severity::warning, "left-out-security", security.together,
                          join(names, " and ") + " are needed together, and a connection shows one of them: " + name +
                              "; requests without the other will be refused");
  }
  const bool others = std::any_of(schemes.value->map().begin(), schemes.value->map().end(),
                                  [&](const Map::Entry& one) { return shown_otherwise(schemes.at(one.first.text())); });
  if (others)
    documents.tell(Severity::hint, "many-schemes", schemes,
                   "connections show " + name + ", which most operations name; there are others");
}

}  // namespace

Security find_security(Documents& documents) { return SecurityCount(documents).most_named(); }

Value write_connection(Documents& documents, const Security& security, const std::string& plugin, Import& import) {
  find_address(documents, import);
  if (security.name.empty()) return Value::object({{"auth", "none"}});
  const Spot schemes = documents.root().at("components").at("securitySchemes");
  const Shown shown = shown_by(security.scheme, plugin + "_token");
  if (shown.auth.empty() && security.scheme)
    documents.tell(Severity::warning, "left-out-security", security.scheme,
                   "a connection cannot show a secret in this way");
  tell_others(documents, security, schemes, [&](const Spot& scheme) {
    return shown_by(documents.follow(scheme), plugin + "_token").auth != shown.auth;
  });
  import.auth = shown.auth;
  Map connection;
  connection.set("auth", shown.kind);
  write_oauth2(security.scheme, connection);
  if (security.scheme.text("type") == "oauth2" && connection.find("oauth2") == nullptr)
    documents.tell(Severity::hint, "left-out-security", security.scheme,
                   "the token is one that a person puts there: nobody asks for another when it has run out");
  return connection;
}

}  // namespace millrace
