#include "api/visitor.hpp"

#include <utility>
#include <vector>

#include "api/routes.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "http/answers.hpp"
#include "people/sessions.hpp"
#include "people/tokens.hpp"

namespace millrace {

namespace {

Entrant refused(int status, const std::string& why) { return {std::nullopt, refusal(status, "denied", why)}; }

/// The value of a cookie; nothing where it was not sent.
std::optional<std::string> cookie_of(const IncomingRequest& request, const std::string& name) {
  for (const auto& [field, value] : request.headers) {
    if (lower(field) != "cookie") continue;
    for (const std::string& each : split(value, ';')) {
      const std::string_view pair = trim(each);
      const std::size_t at = pair.find('=');
      if (at != std::string_view::npos && pair.substr(0, at) == name) return std::string(pair.substr(at + 1));
    }
  }
  return std::nullopt;
}

/// Whoever has the token says any name: it stands in the audit as what it is, and is nobody's who came in by his own.
std::string said_by_api(const IncomingRequest& request) {
  const std::string* who = request.headers.find("X-Millrace-Who");
  if (who == nullptr || !valid_utf8(*who)) return "api";
  std::vector<std::string> words = split(*who, ' ');
  std::erase(words, "");
  const std::string name = shortened(join(words, " "), 100);
  return name.empty() ? "api" : name + " by api";
}

/// The token of a program that has one of its own.
std::optional<TokenHead> token_of(const Api& api, const IncomingRequest& request) {
  const auto given = bearer_token(request);
  return given ? api.world.tokens.find(*given) : std::nullopt;
}

Entrant program(const Api& api, const IncomingRequest& request) {
  bool token_missing = false;
  const Status allowed = api.guard.check(request, token_missing);
  if (allowed) return {Visitor{said_by_api(request), Roles(Role::admin), ""}, std::nullopt};
  if (const auto token = token_missing ? token_of(api, request) : std::nullopt)
    return {Visitor{"api:" + token->name, token->roles, ""}, std::nullopt};
  Entrant answer = refused(token_missing ? 401 : 403, allowed.error().message);
  if (token_missing) answer.refusal->headers.add("WWW-Authenticate", "Bearer");
  return answer;
}

/// A cookie alone proves little: browsers send it along with what other pages make them ask.
Entrant person(const Api& api, const IncomingRequest& request, const std::string& secret) {
  const Status ours = api.guard.check_own_page(request);
  if (!ours) return refused(403, ours.error().message);
  const Sessions& sessions = api.world.sessions;
  if (!sessions.loaded()) return {std::nullopt, refusal(503, "unavailable", "the service is starting")};
  const auto session = sessions.find(secret);
  if (!session) return refused(401, "your session is over: come in again, by the link that \"millrace open\" gives");
  if (!request.only_asks()) {
    const std::string* key = request.headers.find("X-Millrace-Key");
    if (key == nullptr || !Sessions::is_key(*session, *key))
      return refused(401, "this needs the session's key as \"X-Millrace-Key\": come in again");
  }
  return {Visitor{session->who, session->roles, session->id}, std::nullopt};
}

}  // namespace

Entrant entrant_of(const Api& api, const IncomingRequest& request) {
  if (request.headers.find("Authorization") == nullptr) {
    if (const auto secret = cookie_of(request, cookie_name(api.world.url))) return person(api, request, *secret);
  }
  return program(api, request);
}

std::string cookie_name(const std::string& url) {
  const auto address = parse_url(url);
  if (!address) return "millrace";
  return address->scheme == "https" ? "__Host-millrace" : "millrace_" + std::to_string(address->port);
}

std::string session_cookie(const std::string& url, const std::string& secret) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(session_end).count();
  std::string cookie = cookie_name(url) + "=" + secret +
                       "; HttpOnly; SameSite=Strict; Path=/; Max-Age=" + std::to_string(secret.empty() ? 0 : seconds);
  if (cookie.starts_with("__Host-")) cookie += "; Secure";
  return cookie;
}

}  // namespace millrace
