#include "host/service_file.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "async/loop.hpp"
#include "base/files.hpp"
#include "base/private_files.hpp"
#include "base/text.hpp"
#include "crypto/compare.hpp"
#include "crypto/digest.hpp"
#include "host/project_key.hpp"
#include "http/http_client.hpp"
#include "service/records.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

constexpr Duration patience = std::chrono::seconds(60);
constexpr unsigned owner_only = 0600;

std::filesystem::path service_file(const std::filesystem::path& folder) { return folder / "state" / "service.json"; }

/// What only the project's service can have said: whoever reads the file gives the token to the address in it.
std::string seal_of(const Value& about, const std::string& token) {
  std::string said;
  for (const char* member : {"url", "listen", "port", "pid"}) {
    const Value* value = about.find(member);
    said += (value != nullptr ? encode_json(*value) : "") + "\n";
  }
  return hex(hmac_sha256(token, said));
}

Task<void> send(HttpClient& client, OutgoingRequest request, std::optional<Result<IncomingResponse>>& answer) {
  auto response = co_await client.send(std::move(request));
  answer.emplace(std::move(response));
}

}  // namespace

std::string service_url(const std::string& listen, int port) {
  // Who listens everywhere is reached on the loopback address.
  std::string host = listen.substr(0, listen.rfind(':'));
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "[::]") host = "[::1]";
  return "http://" + host + ":" + std::to_string(port);
}

Status write_service_file(const std::filesystem::path& folder, const std::string& token, const std::string& listen,
                          int port) {
  Value about = Value::object({{"url", service_url(listen, port)},
                               {"listen", listen},
                               {"port", std::int64_t{port}},
                               {"pid", std::int64_t{getpid()}}});
  Map sealed = about.map();
  sealed.set("seal", seal_of(about, token));
  return replace_file(service_file(folder).string(), encode_json(Value(std::move(sealed))) + "\n", owner_only);
}

void remove_service_file(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::remove(service_file(folder), failed);
}

Result<std::optional<ServiceAddress>> find_service(const std::filesystem::path& folder) {
  using Found = std::optional<ServiceAddress>;
  const std::string file = service_file(folder).string();
  const auto text = TRY(read_private_file(file, Others::may_read));
  if (!text) return Found();
  const auto about = parse_json(*text, from_outside);
  if (!about) return about.error().within(file + " is not valid JSON");
  const Value* pid = about->find("pid");
  if (pid == nullptr || !pid->is(Kind::integer) || !process_is_alive(pid->integer())) return Found();
  const std::string token = TRY(read_project_key(folder, api_token));
  if (!same_secret(about->text_or("seal"), seal_of(*about, token))) {
    return Error{ErrorCode::denied,
                 file +
                     " was not written by this project's service, or state/api-token was changed since, so nothing is "
                     "sent to the address in it: start the service again, or remove the file where none runs"};
  }
  return Found(ServiceAddress{about->text_or("url"), token});
}

ApprovalLinks approval_links(const std::filesystem::path& folder, const Project& project) {
  const auto service = find_service(folder);
  ApprovalLinks links;
  if (service && *service) {
    links = {(*service)->url, (*service)->token};
  } else if (const auto token = read_project_key(folder, api_token)) {
    const int port = std::atoi(project.listen.substr(project.listen.rfind(':') + 1).c_str());
    links = {port == 0 ? "" : service_url(project.listen, port), *token};
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
  return Error{code_named(error->text_or("code")).value_or(ErrorCode::internal), error->text_or("message")};
}

std::string who_asks() { return name_of_user(::geteuid()); }

}  // namespace millrace
