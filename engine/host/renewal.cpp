#include "host/renewal.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "courier/token_renewal.hpp"
#include "host/host.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

constexpr int cannot_start = 3;  // of the process: it did nothing (cli.hpp)

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// Ours, with the secrets that were taken out of it.
std::vector<std::string> whole_environment() {
  std::vector<std::string> variables = secret_variables();
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) variables.emplace_back(*each);
  return variables;
}

/// Starts it with nothing of ours but a pipe to write to. In a session of its own: what ends ours does not end it.
int spawn(std::vector<std::string> words, int pipe, pid_t& process) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
  posix_spawn_file_actions_adddup2(&actions, pipe, 1);
  posix_spawn_file_actions_adddup2(&actions, 0, 2);
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
  std::vector<std::string> environment = whole_environment();
  const auto arguments = pointers_to(words), variables = pointers_to(environment);
  const int failed = posix_spawn(&process, "/proc/self/exe", &actions, &attributes, arguments.data(), variables.data());
  for (std::string& variable : environment) ::explicit_bzero(variable.data(), variable.size());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return failed;
}

std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 4096> part = {};
  for (;;) {
    const ssize_t got = ::read(descriptor, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
}

/// Runs it to its end. Nothing: it could not begin.
std::optional<Status> run_apart(const std::vector<std::string>& words) {
  std::array<int, 2> ends = {};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  pid_t process = -1;
  const int failed = spawn(words, ends[1], process);
  ::close(ends[1]);
  const std::string said = failed == 0 ? read_all(ends[0]) : "";
  ::close(ends[0]);
  if (failed != 0) return std::nullopt;
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == cannot_start) return std::nullopt;
  return decode_outcome(said);
}

}  // namespace

std::string encode_outcome(const Status& outcome) {
  if (outcome) return encode_json(Value::object({{"renewed", true}}));
  return encode_json(Value::object({{"code", name_of(outcome.error().code)}, {"message", outcome.error().message}}));
}

Status decode_outcome(const std::string& text) {
  const auto said = parse_json(text);
  if (said && said->find("renewed") != nullptr) return Done{};
  const auto code = said ? code_named(said->text_or("code")) : std::nullopt;
  if (!code) return Error{ErrorCode::unavailable, "the process that renews it ended before it was done"};
  return Error{*code, said->text_or("message")};
}

bool can_renew(Host& host, const std::string& connection) {
  const ConnectionSettings* settings = host.project.find_connection(connection);
  return settings != nullptr && settings->oauth &&
         oauth_client(*settings, host.catalog.find_connection_kind(settings->plugin), *host.secrets);
}

Task<Status> renew_here(Host& host, std::string connection, std::uint64_t seen, bool asks_anyway) {
  const ConnectionSettings* settings = host.project.find_connection(connection);
  if (settings == nullptr || !settings->oauth)
    co_return Error{ErrorCode::not_found, "there is no connection \"" + connection + "\" whose tokens are renewed"};
  auto client = oauth_client(*settings, host.catalog.find_connection_kind(settings->plugin), *host.secrets);
  if (!client) co_return client.error();
  TokenEndpoint endpoint(*host.client, *host.secrets);
  endpoint.now = now_utc;
  RenewalWorld world{host.loop, host.folder, host.kept_tokens, endpoint};
  world.asks_anyway = asks_anyway;
  const auto renewed = co_await renew_tokens(std::move(world), std::move(*client), seen);
  if (!renewed) co_return renewed.error();
  co_return Done{};
}

Task<Status> renew_apart(Host& host, std::string connection, std::uint64_t seen) {
  std::vector<std::string> words = {"millrace",
                                    "-C",
                                    std::filesystem::absolute(host.folder).string(),
                                    "connections",
                                    "renew",
                                    connection,
                                    "--seen",
                                    std::to_string(seen)};
  std::function<std::optional<Status>()> job = [words = std::move(words)] { return run_apart(words); };
  auto outcome = co_await on_worker<std::optional<Status>>(host.loop, std::move(job));
  if (outcome) co_return *outcome;
  auto here = co_await renew_here(host, std::move(connection), seen);
  co_return here;
}

}  // namespace millrace
