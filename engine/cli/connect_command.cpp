#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <utility>

#include "base/text.hpp"
#include "base/url.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/history.hpp"
#include "courier/authorization.hpp"
#include "host/host.hpp"
#include "http/http_server.hpp"
#include "value/list_of.hpp"
#include "value/time.hpp"
#include "workflow/needed_scopes.hpp"

namespace millrace {

namespace {

constexpr Duration patience = std::chrono::minutes(10);

/// What the browser shows at the end. Whoever looks at it has nothing more to do there.
OutgoingResponse browser_page(int status, const std::string& sentence) {
  OutgoingResponse response;
  response.status = status;
  response.headers.add("Content-Type", "text/html; charset=utf-8");
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("Referrer-Policy", "no-referrer");
  response.headers.add("Content-Security-Policy", "default-src 'none'");
  response.body = "<!doctype html>\n<html lang=\"en\"><title>Millrace</title><p>" + sentence + "</p></html>\n";
  return response;
}

/// Waits, at the address of this machine that the browser is sent back to, for the code. What is no answer to our
/// question is refused, and waited on.
class RedirectListener {
 public:
  RedirectListener(Loop& loop, const Authorization& begun) : loop_(loop), begun_(begun) {}

  Status open(const Url& at) {
    path_ = at.path().empty() ? "/" : std::string(at.path());
    const std::string host = at.host == "localhost" ? "127.0.0.1" : at.host;
    const HttpHandler handler = [this](IncomingRequest request) { return answer(std::move(request)); };
    HttpServerLimits limits;
    limits.max_body_bytes = 0;
    limits.max_connections = 16;
    limits.idle_gives_way = true;
    server_ = TRY(open_http_server(loop_, host + ":" + std::to_string(at.port), handler, limits));
    return Done{};
  }
  int port() const { return server_->port(); }

  Task<Result<std::string>> code() {
    const Deadline end = Deadline::in(patience);
    while (!code_ && !end.reached()) co_await came_.wait(end);
    co_await server_->stop();
    if (!code_) co_return Error{ErrorCode::timeout, "nobody has agreed within " + render(patience)};
    co_return std::move(*code_);
  }

 private:
  Task<OutgoingResponse> answer(IncomingRequest request) {
    if (request.method != "GET" || request.path != path_) co_return browser_page(404, "There is nothing here.");
    auto code = code_in_redirect(begun_, request.query);
    const bool ours = code || request.query.find("state=" + percent_encode(begun_.state)) != std::string::npos;
    if (!ours) co_return browser_page(400, "This is not the answer that Millrace waits for.");
    const bool agreed = static_cast<bool>(code);
    if (!code_) code_ = std::move(code);
    came_.announce();
    co_return agreed ? browser_page(200, "Millrace has its answer. Look at the terminal; this page can be closed.")
                     : browser_page(200, "Millrace was not let in. Look at the terminal; this page can be closed.");
  }

  Loop& loop_;
  const Authorization& begun_;
  std::string path_;
  std::unique_ptr<HttpServer> server_;
  std::optional<Result<std::string>> code_;
  News came_;
};

/// Where there is a screen, its browser; it need not work.
void show_in_browser(const std::string& url) {
  const bool screen = std::getenv("DISPLAY") != nullptr || std::getenv("WAYLAND_DISPLAY") != nullptr;
  if (!screen || ::isatty(STDERR_FILENO) == 0) return;
  std::string program = "xdg-open", address = url;
  char* words[] = {program.data(), address.data(), nullptr};
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  for (const int standard : {0, 1, 2}) posix_spawn_file_actions_addopen(&quiet, standard, "/dev/null", O_RDWR, 0);
  pid_t process = -1;
  (void)posix_spawnp(&process, program.c_str(), &quiet, nullptr, words, environ);
  posix_spawn_file_actions_destroy(&quiet);
}

void ask_for_browser(const Authorization& begun) {
  tell_rows("Open this address in a browser, and agree there:\n\n" + row("  " + begun.url) + "\n");
}

Result<std::string> pasted_code(const Authorization& begun) {
  ask_for_browser(begun);
  tell(
      "Then copy the address that the browser is sent to (that nothing is shown there does no harm), or the code in "
      "it, "
      "and paste it here:");
  std::string line;
  if (!std::getline(std::cin, line)) return Error{ErrorCode::invalid, "nothing was pasted"};
  return code_in_pasted(begun, line);
}

/// Where the port of an address begins that leaves it to us (":0"); nothing where it does not.
std::optional<std::size_t> open_port(const std::string& address) {
  const std::size_t end = address.size() - rest_of(address).size();
  if (address.substr(0, end).ends_with(":0")) return end - 1;
  return std::nullopt;
}

/// An open port is known once somebody listens there.
Result<std::string> heard_code(Loop& loop, OAuthClient& client, const std::vector<std::string>& scopes,
                               Authorization& begun) {
  const auto open = open_port(client.redirect_uri);
  std::string address = client.redirect_uri;
  if (open) address.replace(*open, 1, "1");
  auto at = parse_url(address);
  if (!at) return at.error().within("redirect_uri");
  if (at->scheme != "http" || !at->loopback()) {
    return Error{ErrorCode::invalid, "the browser is sent to " + client.redirect_uri +
                                         ", where this program cannot listen: do \"millrace connect " +
                                         client.connection + " --paste\""};
  }
  if (open) at->port = 0;
  RedirectListener listener(loop, begun);
  const Status listens = listener.open(*at);
  if (!listens)
    return Error{listens.error().code,
                 listens.error().message + "; or do it with --paste, which needs no address here"};
  if (open) {
    client.redirect_uri.replace(*open, 1, std::to_string(listener.port()));
    begun = TRY(begin_authorization(client, scopes));
  }
  ask_for_browser(begun);
  show_in_browser(begun.url);
  return wait_for(loop, listener.code());
}

/// What somebody is asked for: what millrace.yaml says, else what the workflows need.
Result<std::vector<std::string>> wanted_scopes(const OAuthClient& client, const NeededScopes& needed) {
  if (!client.scopes.empty()) return client.scopes;
  std::vector<std::string> scopes;
  for (const auto& [scope, workflows] : needed) scopes.push_back(scope);
  if (!scopes.empty()) return scopes;
  return Error{ErrorCode::invalid, "no workflow uses connection \"" + client.connection +
                                       "\" yet, so it is not known what to ask for: name scopes in its auth: {oauth2: "
                                       "{scopes: [...]}}"};
}

/// An answer that was not taken down in time is not lost for good: somebody agrees once more.
Task<Result<Tokens>> tokens_for(Host& host, OAuthClient client, std::string code, std::string verifier) {
  TokenEndpoint endpoint(*host.client, *host.secrets);
  endpoint.now = now_utc;
  for (const std::string& shown : {code, verifier})  // a far side that refuses them may repeat them
    host.secrets->keep_out("secret:" + entry_of(client.connection), Secret(shown));
  auto tokens = co_await endpoint.exchange_code(std::move(client), std::move(code), std::move(verifier));
  co_return tokens;
}

int tell_connected(const Session& session, const std::string& name, const Tokens& tokens, const NeededScopes& needed) {
  const std::vector<std::string> missing = missing_scopes(needed, tokens.access.scopes);
  const std::string of = !tokens.location.empty()  ? " for location " + tokens.location
                         : !tokens.company.empty() ? " for company " + tokens.company
                                                   : "";
  std::string text = row(name + " is connected" + of);
  if (!missing.empty()) text += row("not granted, and needed by workflows: " + join(missing, ", "));
  if (tokens.refresh.reveal().empty())
    text += "the far side gives no refresh token: this has to be done again when the token ends\n";
  print_answer(session,
               Value::object({{"connection", name},
                              {"company", tokens.company.empty() ? Value() : Value(tokens.company)},
                              {"location", tokens.location.empty() ? Value() : Value(tokens.location)},
                              {"expires", tokens.access.expires ? Value(render(*tokens.access.expires)) : Value()},
                              {"scopes_granted", list_of(tokens.access.scopes)},
                              {"scopes_missing", list_of(missing)}}),
               text);
  return exit_done;
}

/// What the far side gives once somebody has agreed; it is not kept yet.
Result<Tokens> agreed_tokens(Host& host, OAuthClient client, const NeededScopes& needed, bool paste) {
  const auto scopes = TRY(wanted_scopes(client, needed));
  Authorization begun = TRY(begin_authorization(client, scopes));
  // Before somebody agrees: what comes then has to be kept.
  TRY(host.kept_tokens.find(client.connection));
  const std::string name = client.connection;
  auto code = paste ? pasted_code(begun) : heard_code(host.loop, client, scopes, begun);
  if (!code) return code.error();
  client.scopes = scopes;
  auto tokens = wait_for(host.loop, tokens_for(host, std::move(client), std::move(*code), begun.verifier));
  if (!tokens && tokens.error().code == ErrorCode::unconnected)
    return Error{ErrorCode::denied, name + " gives no tokens: " + tokens.error().message};
  if (!tokens) return tokens.error().within(name + " gives no tokens");
  return tokens;
}

}  // namespace

int connect_command(const Session& session, const std::string& name, bool paste) {
  const auto project = open_project(session);
  if (!project || !has_project(session, *project)) return exit_cannot_start;
  const Catalog catalog = open_catalog(session);
  const ConnectionSettings* connection = project->find_connection(name);
  if (connection == nullptr) {
    std::vector<std::string> names;
    for (const ConnectionSettings& each : project->connections) names.push_back(each.name);
    complain("millrace.yaml has no connection \"" + name + "\"" + did_you_mean(name, names));
    return exit_cannot_start;
  }
  if (!connection->oauth) {
    complain("connection \"" + name +
             "\" shows a secret of its own, which nobody has to agree to: only one with auth: " +
             "{oauth2: {...}} is connected");
    return exit_failed;
  }
  Host host(session.folder, *project, catalog);
  host.fetch_secrets();
  auto client = oauth_client(*connection, catalog.find_connection_kind(connection->plugin), *host.secrets);
  if (!client) {
    complain(client.error());
    return exit_cannot_start;
  }
  const NeededScopes needed = scopes_at(name, needed_scopes(workflows_of(session, catalog), *project, catalog));
  const std::string token_url = client->token_url;
  const auto tokens = agreed_tokens(host, std::move(*client), needed, paste);
  if (!tokens) {
    complain(tokens.error());
    return exit_code_of(tokens.error());
  }
  if (!note_act(session, *project, {"connect", "connection " + name, token_url})) return exit_cannot_start;
  if (const auto kept = host.kept_tokens.put(name, *tokens); !kept) {
    complain(kept.error());
    return exit_code_of(kept.error());
  }
  forget_refusal(session, *project, name);
  if (const std::string wrong = why_wrong_location(*connection, *tokens); !wrong.empty()) tell("note: " + wrong);
  return tell_connected(session, name, *tokens, needed);
}

}  // namespace millrace
