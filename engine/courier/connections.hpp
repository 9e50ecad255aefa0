#pragma once

#include <string>

#include "base/result.hpp"
#include "base/url.hpp"
#include "catalog/catalog.hpp"
#include "courier/call_site.hpp"
#include "http/http_client.hpp"
#include "http/http_message.hpp"
#include "secret/secrets.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// Where a request goes and what may accompany it there.
struct Destination {
  std::string name;   ///< what messages call the far side: the connection's name, or the host
  std::string place;  ///< host and port, for people
  std::string url;    ///< may hold a secret: only for the wire; empty where the path is unknown
  Value shown_url;    ///< for people; unknown where the path is
  std::string base;   ///< the connection's own address: only for comparing, because it may hold a secret
  bool loopback = false;
  bool own_hook = false;  ///< it is a hook of this very project's service
  /// Whose credentials go along: null unless the URL lies at `base` or below it. Only then may the address be a private
  /// one, too.
  const ConnectionSettings* connection = nullptr;
  const ConnectionSettings* left = nullptr;  ///< out of whose address a redirect has led
  const ConnectionKind* kind = nullptr;      ///< of `connection`
  const ConnectionKind* asked = nullptr;     ///< of the step's connection, wherever the URL lies
};

/// Which addresses that are not public somebody lets requests reach.
struct AddressRights {
  std::string connection;                              ///< for messages
  bool private_addresses = false, link_local = false;  ///< as its settings say
  bool written_out = true;  ///< the address stands in millrace.yaml: what it plainly names is meant
};
EgressRights egress_rights(const std::string& host, bool loopback, const AddressRights& said);

/// The project's connections: which may be used for what, and where they lead. It sends nothing.
class Connections {
 public:
  /// REQUIRES: all three outlive it.
  Connections(const Project& project, const Catalog& catalog, Secrets& secrets)
      : project_(project), catalog_(catalog), secrets_(secrets) {}

  /// Resolves `path` (RequestParts::path) through the site's connection, and checks what can be checked without asking:
  /// that the connection exists, is for `location`, and that its secrets are there, but for a read, which is sent and
  /// asks for them itself. Whole addresses at another host go without the connection; `denied` are those at its own
  /// host that do not lie below its address. A path that is a secret's handle is the address that the secret holds.
  Result<Destination> find(const Action& action, const CallSite& site, const std::string& location,
                           const Value& path) const;

  /// The mail server of the site's connection.
  Result<Destination> find_mail_server(const Action& action, const CallSite& site) const;

  /// Refuses hosts at which the action, or the plugin of the step's connection, would not have anything written.
  Status check_writable(const Action& action, const Destination& to) const;

  /// Which addresses that are not public may be reached there, as far as the connection says: those that its address
  /// writes out, and those of a private network or link-local ones where it says so.
  static EgressRights rights_at(const Destination& to);

  /// Adds the headers that each request of the connection has.
  static void add_headers(const Destination& to, HttpHeaders& headers);

 private:
  Result<const ConnectionSettings*> settings_of(const Action& action, const CallSite& site) const;
  Result<std::string> secret_address(const std::string& handle, const CallSite& site) const;
  Result<Destination> find_plain(const Action& action, const CallSite& site, const std::string& location,
                                 const Value& path) const;
  bool leads_to_own_hook(const std::string& url) const;
  Status check_secrets(const ConnectionSettings& settings) const;
  Result<std::string> base_url(const ConnectionSettings& settings) const;

  const Project& project_;
  const Catalog& catalog_;
  Secrets& secrets_;
};

}  // namespace millrace
