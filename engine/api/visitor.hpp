#pragma once

#include <optional>
#include <string>

#include "http/http_server.hpp"
#include "people/roles.hpp"

namespace millrace {

struct Api;

/// Who asks, and what he may.
struct Visitor {
  std::string who;  ///< for the audit
  Roles roles;
  std::string session;  ///< of a browser that came in; empty for programs
};

/// What a request proves of whoever sends it: by a bearer token, or by a session.
struct Entrant {
  std::optional<Visitor> visitor;
  std::optional<OutgoingResponse> refusal;  ///< exactly one of the two is there
};
Entrant entrant_of(const Api& api, const IncomingRequest& request);

/// Where the cookie of a session is kept: "millrace_8710", or "__Host-millrace" where people come by https.
std::string cookie_name(const std::string& url);
/// As Set-Cookie has it; `secret` empty: it is taken away.
std::string session_cookie(const std::string& url, const std::string& secret);

}  // namespace millrace
