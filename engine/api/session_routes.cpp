#include <algorithm>
#include <filesystem>
#include <utility>

#include "api/routes.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "http/answers.hpp"
#include "people/sessions.hpp"
#include "value/list_of.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

/// So long somebody has to follow a link that was asked for, and one that stands on a terminal.
constexpr Duration usual_validity = std::chrono::seconds(60), longest_validity = std::chrono::minutes(10);

Timestamp end_of(const SessionHead& session) {
  const auto idle = add(session.seen, idle_end), whole = add(session.begun, session_end);
  return idle && whole ? std::min(*idle, *whole) : session.seen;
}

Value encode_session(const SessionHead& session, const std::string& asking) {
  return Value::object({{"id", session.id},
                        {"who", session.who},
                        {"roles", list_of(session.roles.names())},
                        {"begun", session.begun},
                        {"seen", session.seen},
                        {"expires", end_of(session)},
                        {"yours", session.id == asking}});
}

Task<OutgoingResponse> give_code(std::shared_ptr<Api> api, Asked asked) {
  const std::string given = asked.body.text_or("valid");
  auto valid = given.empty() ? Result<Duration>(usual_validity) : parse_duration(given);
  if (!valid) co_return refusal(valid.error());
  if (*valid <= Duration::zero() || *valid > longest_validity)
    co_return refusal(400, "invalid", "valid has to be a duration of up to 10m");
  const auto code = api->world.sessions.give_code(asked.who, asked.visitor.roles, *valid);
  if (!code) co_return refusal(code.error());
  co_return json_answer(200, Value::object({{"code", code->code},
                                            {"expires", code->expires},
                                            {"address", enter_address(api->world.url, code->code)}}));
}

/// Whether the browser is on this machine, or thinks so, as through a tunnel.
bool by_loopback(const IncomingRequest& request) {
  const std::string* host = request.headers.find("Host");
  const auto called = parse_url("http://" + (host != nullptr ? *host : ""));
  return called && called->loopback();
}

Task<OutgoingResponse> enter(std::shared_ptr<Api> api, Asked asked) {
  // Whoever reaches a name that others reach, too, is to be somebody with a password.
  if (api->world.users.list().empty() && !by_loopback(asked.request))
    co_return refusal(403, "denied",
                      "the console opens on this machine only as long as nobody has a user here: \"millrace user add "
                      "NAME --role admin\" makes one");
  const std::string code = asked.body.text_or("code");
  const auto begun = co_await api->world.sessions.enter(code);
  co_return begun ? session_answer(*api, *begun) : refusal(begun.error());
}

/// As people call it: its folder.
std::string name_of_project(const Project& project) {
  std::error_code failed;
  return std::filesystem::weakly_canonical(project.root, failed).filename().string();
}

Task<OutgoingResponse> show_session(std::shared_ptr<Api> api, Asked asked) {
  Value expires;
  for (const SessionHead& session : api->world.sessions.list()) {
    if (session.id == asked.visitor.session) expires = end_of(session);
  }
  const Project& project = api->world.project;
  co_return json_answer(200, Value::object({{"who", asked.who},
                                            {"roles", list_of(asked.visitor.roles.names())},
                                            {"expires", expires},
                                            {"project", name_of_project(project)},
                                            {"zone", project.timezone},
                                            {"version", MILLRACE_VERSION},
                                            {"public_url", api->world.url},
                                            {"stream", true}}));
}

Task<OutgoingResponse> leave(std::shared_ptr<Api> api, Asked asked) {
  if (asked.visitor.session.empty())
    co_return refusal(400, "invalid", "a token is no session: there is nothing to leave");
  const Status left = co_await api->world.sessions.end(asked.visitor.session, asked.who);
  OutgoingResponse response = done_or_refusal(left);
  response.headers.add("Set-Cookie", session_cookie(api->world.url, ""));
  co_return response;
}

Task<OutgoingResponse> list_sessions(std::shared_ptr<Api> api, Asked asked) {
  Value::List sessions;
  for (const SessionHead& session : api->world.sessions.list())
    sessions.push_back(encode_session(session, asked.visitor.session));
  co_return json_answer(200, Value::object({{"sessions", Value(std::move(sessions))}}));
}

Task<OutgoingResponse> end_session(std::shared_ptr<Api> api, Asked asked) {
  const Status ended = co_await api->world.sessions.end(asked.places[0], asked.who);
  co_return done_or_refusal(ended);
}

constexpr Route session_table[] = {
    {"POST",
     "/enter/code",
     Access::enter,
     enter,
     {.does = "Lets a browser in that has a code: each does so once. The cookie is the session's; `key` stays with the "
              "page, and what acts needs both.",
      .body = "`code`",
      .answers = "`key`, `who`, `roles`",
      .refuses =
          "403 the code is over, was used, or never was one, or nobody has a user yet and the browser is elsewhere"}},
    {"POST",
     "/api/v1/session/codes",
     Access::token,
     give_code,
     {.does = "Gives a code that lets a browser in, once.",
      .body = "`valid`, for how long: `60s` unless said, at most `10m`",
      .answers = "`code`, `expires`, `address` (the link to open)",
      .refuses = "429 too many codes wait to be used"}},
    {"GET",
     "/api/v1/session",
     Access::token,
     show_session,
     {.does = "Who asks, and what the page needs to know of the project.",
      .answers =
          "`who`, `roles`, `expires` (null for programs), `project`, `zone`, `version`, `public_url`, `stream`"}},
    {"DELETE",
     "/api/v1/session",
     Access::token,
     leave,
     {.does = "Signs out.", .answers = "`done`", .refuses = "400 whoever asks has no session"},
     Right::read},
    {"GET",
     "/api/v1/sessions",
     Access::token,
     list_sessions,
     {.does = "Who is in.", .answers = "`sessions` (each `id`, `who`, `roles`, `begun`, `seen`, `expires`, `yours`)"},
     Right::administer},
    {"DELETE",
     "/api/v1/sessions/{session}",
     Access::token,
     end_session,
     {.does = "Ends a session.", .answers = "`done`", .refuses = "404 no such session"},
     Right::administer},
};

}  // namespace

OutgoingResponse session_answer(const Api& api, const BegunSession& begun) {
  OutgoingResponse response = json_answer(
      200, Value::object({{"key", begun.key}, {"who", begun.head.who}, {"roles", list_of(begun.head.roles.names())}}));
  response.headers.add("Set-Cookie", session_cookie(api.world.url, begun.secret));
  return response;
}

std::string enter_address(const std::string& url, const std::string& code) {
  return url + (url.ends_with('/') ? "" : "/") + "enter#code=" + code;
}

std::string invitation_address(const std::string& url, const std::string& invitation) {
  return url + (url.ends_with('/') ? "" : "/") + "enter#invitation=" + invitation;
}

std::span<const Route> session_routes() { return session_table; }

}  // namespace millrace
