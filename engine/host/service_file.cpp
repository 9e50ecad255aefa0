#include "host/service_file.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "async/loop.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "crypto/random.hpp"
#include "http/http_client.hpp"
#include "service/records.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

constexpr Duration patience = std::chrono::seconds(60);
constexpr unsigned owner_only = 0600;

std::filesystem::path token_file(const std::filesystem::path& folder) { return folder / "state" / "api-token"; }
std::filesystem::path service_file(const std::filesystem::path& folder) { return folder / "state" / "service.json"; }

Result<std::string> random_token() {
  const auto bytes = random_bytes(32);
  if (!bytes) return Error{ErrorCode::unavailable, "the system gives no random numbers"};
  return hex(*bytes);
}

ErrorCode code_named(std::string_view name) {
  for (std::uint8_t i = 0; i < static_cast<std::uint8_t>(ErrorCode::internal); ++i) {
    if (name_of(static_cast<ErrorCode>(i)) == name) return static_cast<ErrorCode>(i);
  }
  return ErrorCode::internal;
}

Task<void> send(HttpClient& client, OutgoingRequest request, std::optional<Result<IncomingResponse>>& answer) {
  auto response = co_await client.send(std::move(request));
  answer.emplace(std::move(response));
}

}  // namespace

Result<std::string> open_api_token(const std::filesystem::path& folder) {
  const std::filesystem::path file = token_file(folder);
  std::error_code failed;
  std::filesystem::create_directories(file.parent_path(), failed);
  struct stat about = {};
  if (::stat(file.c_str(), &about) == 0) {
    if ((about.st_mode & 077) != 0)
      return Error{ErrorCode::denied,
                   file.string() + " can be read by others: run \"chmod 600 " + file.string() + "\""};
    const std::string token(trim(TRY(read_input(file.string()))));
    if (token.size() >= 32) return token;
  }
  std::string token = TRY(random_token());
  TRY(replace_file(file.string(), token + "\n", owner_only));
  return token;
}

std::string service_url(const std::string& listen, int port) {
  // Who listens everywhere is reached on the loopback address.
  std::string host = listen.substr(0, listen.rfind(':'));
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "[::]") host = "[::1]";
  return "http://" + host + ":" + std::to_string(port);
}

Status write_service_file(const std::filesystem::path& folder, const std::string& listen, int port) {
  const Value about = Value::object({{"url", service_url(listen, port)},
                                     {"listen", listen},
                                     {"port", std::int64_t{port}},
                                     {"pid", std::int64_t{getpid()}}});
  return replace_file(service_file(folder).string(), encode_json(about) + "\n", owner_only);
}

void remove_service_file(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::remove(service_file(folder), failed);
}

Result<std::optional<ServiceAddress>> find_service(const std::filesystem::path& folder) {
  using Found = std::optional<ServiceAddress>;
  std::error_code failed;
  const std::filesystem::path file = service_file(folder);
  if (!std::filesystem::exists(file, failed)) {
    if (failed) return Error{ErrorCode::denied, "cannot look into " + file.parent_path().string()};
    return Found();
  }
  const auto about = parse_json(TRY(read_input(file.string())), from_outside);
  if (!about) return about.error().within(file.string() + " is not valid JSON");
  const Value* pid = about->find("pid");
  if (pid == nullptr || !pid->is(Kind::integer) || !process_is_alive(pid->integer())) return Found();
  const std::string token = TRY(read_input(token_file(folder).string()));
  return Found(ServiceAddress{about->text_or("url"), std::string(trim(token))});
}

ApprovalLinks approval_links(const std::filesystem::path& folder, const Project& project) {
  const auto service = find_service(folder);
  ApprovalLinks links;
  if (service && *service) {
    links = {(*service)->url, (*service)->token};
  } else if (const auto token = read_input(token_file(folder).string())) {
    const int port = std::atoi(project.listen.substr(project.listen.rfind(':') + 1).c_str());
    links = {port == 0 ? "" : service_url(project.listen, port), std::string(trim(*token))};
  }
  if (!project.public_url.empty()) links.url = project.public_url;
  return links;
}

Result<Value> ask_service(const ServiceAddress& service, const std::string& method, const std::string& path,
                          const Value& body) {
  Loop loop;
  const auto client = open_http_client(loop);
  OutgoingRequest request;
  request.method = method;
  request.url = service.url + "/api/v1/" + path;
  request.headers.add("Authorization", "Bearer " + service.token);
  request.headers.add("X-Millrace-Who", who_asks());
  if (!body.is_null()) {
    request.headers.add("Content-Type", "application/json");
    request.body = encode_json(body);
  }
  request.deadline = Deadline::in(patience);
  request.max_response_bytes = 64u << 20;
  request.private_addresses = true;
  std::optional<Result<IncomingResponse>> answer;
  loop.run(send(*client, std::move(request), answer));
  if (!*answer) return answer->error();
  const IncomingResponse& response = **answer;
  auto said = parse_json(response.body);
  if (response.status >= 200 && response.status < 300) return said;
  const Value* error = said ? said->find("error") : nullptr;
  if (error == nullptr)
    return Error{ErrorCode::internal, "the service answered " + std::to_string(response.status) + " without a reason"};
  return Error{code_named(error->text_or("code")), error->text_or("message")};
}

std::string who_asks() {
  const passwd* user = ::getpwuid(::geteuid());
  return user != nullptr ? user->pw_name : "user " + std::to_string(::geteuid());
}

}  // namespace millrace
