#include <optional>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "base/url.hpp"
#include "sandbox.hpp"

// What the documents say of this page is its address and what the application asks with: response_type, client_id,
// redirect_uri, scope. Here `state` comes back as it was given, and `code_challenge` (S256) is kept for the code's use.

namespace millrace::sandbox {
namespace {

using Query = std::vector<std::pair<std::string, std::string>>;

std::string value_of(const Query& query, std::string_view name) {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return "";
}

OutgoingResponse page(int status, const std::string& body) {
  OutgoingResponse response;
  response.status = status;
  response.headers.add("Content-Type", "text/html; charset=utf-8");
  response.body = "<!doctype html>\n<title>Sandbox</title>\n" + body;
  return response;
}

std::string in_html(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '&' || c == '<' || c == '>' || c == '"') {
      safe += "&#" + std::to_string(static_cast<int>(c)) + ";";
    } else {
      safe += c;
    }
  }
  return safe;
}

OutgoingResponse back_to(const std::string& redirect_uri, Query answer, const std::string& state) {
  if (!state.empty()) answer.emplace_back("state", state);
  OutgoingResponse response;
  response.status = 302;
  response.headers.add("Location",
                       redirect_uri + (redirect_uri.find('?') == std::string::npos ? "?" : "&") + encode_query(answer));
  return response;
}

/// Those of `asked` that exist.
std::vector<std::string> known_scopes(const std::string& asked) {
  std::set<std::string_view> known;
  for (const Operation& operation : operations()) known.insert(operation.scope);
  std::vector<std::string> scopes;
  for (const std::string& scope : split(asked, ' ')) {
    if (!scope.empty() && known.contains(scope)) scopes.push_back(scope);
  }
  return scopes;
}

/// Why nobody is sent anywhere; empty where all is well.
std::string problem_of(const Query& query) {
  if (value_of(query, "response_type") != "code") return "response_type must be code";
  if (value_of(query, "client_id").empty()) return "client_id is missing";
  if (!is_absolute_url(value_of(query, "redirect_uri"))) return "redirect_uri must be a whole address";
  if (known_scopes(value_of(query, "scope")).empty()) return "scope names none that exists";
  const std::string method = value_of(query, "code_challenge_method");
  if (!method.empty() && method != "S256") return "code_challenge_method must be S256";
  return "";
}

}  // namespace

bool is_authorize_page(const IncomingRequest& request) {
  return request.method == "GET" &&
         (request.path == "/v2/oauth/chooselocation" || request.path == "/oauth/chooselocation");
}

OutgoingResponse show_authorize_page(World& world, const IncomingRequest& request) {
  const Query query = decode_query(request.query);
  if (const std::string problem = problem_of(query); !problem.empty())
    return page(400, "<p>" + in_html(problem) + "</p>\n");
  const std::string redirect_uri = value_of(query, "redirect_uri"), state = value_of(query, "state");
  const std::string chosen = value_of(query, "choose");
  if (chosen == "nobody") return back_to(redirect_uri, {{"error", "access_denied"}}, state);
  if (chosen == "company" || world.data.knows_location(chosen)) {
    Code code{.text = "",
              .grant = {.client_id = value_of(query, "client_id"),
                        .location = chosen == "company" ? "" : chosen,
                        .scopes = known_scopes(value_of(query, "scope"))},
              .redirect_uri = redirect_uri,
              .challenge = value_of(query, "code_challenge"),
              .expires = {}};
    return back_to(redirect_uri, {{"code", world.tokens.issue_code(std::move(code), world.data.time())}}, state);
  }
  const auto link = [&](const std::string& choice, const std::string& text) {
    return "<li><a href=\"" + in_html(request.path + "?" + request.query + "&choose=" + choice) + "\">" +
           in_html(text) + "</a></li>\n";
  };
  std::string links = link("company", "The whole company");
  for (const Location& each : world.data.locations) links += link(each.id, each.name.empty() ? each.id : each.name);
  return page(200, "<p>" + in_html(value_of(query, "client_id")) +
                       " wants to be let in, for: " + in_html(value_of(query, "scope")) + "</p>\n<ul>\n" + links +
                       link("nobody", "Nobody") + "</ul>\n");
}

}  // namespace millrace::sandbox
