#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "api/approval_link.hpp"
#include "base/result.hpp"
#include "value/value.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// Where a running service is reached: state/service.json, which it writes with its real port and process, and
/// state/api-token, which only its user can read.
struct ServiceAddress {
  std::string url;  ///< "http://127.0.0.1:8710"
  std::string token;
};

/// "http://127.0.0.1:8710": how a service that listens there is reached from this machine.
std::string service_url(const std::string& listen, int port);

/// Says where the service is, under a seal that only who has its token can make.
Status write_service_file(const std::filesystem::path& folder, const std::string& token, const std::string& listen,
                          int port);
void remove_service_file(const std::filesystem::path& folder);

/// The running service of the project; nothing where none runs. `denied` where one runs whose token is not ours to
/// read, and where somebody else has written where it is.
Result<std::optional<ServiceAddress>> find_service(const std::filesystem::path& folder);

/// Where people answer what the project's runs ask: at its `public_url`, at the running service, or where the next one
/// will listen. They lead nowhere while the token is not made yet, or not ours to read.
ApprovalLinks approval_links(const std::filesystem::path& folder, const Project& project);

/// Asks the service at /api/v1/`path`; gives its answer, or its refusal as the error that it is. `unavailable`: it did
/// not answer.
Result<Value> ask_service(const ServiceAddress& service, const std::string& method, const std::string& path,
                          const Value& body);

/// Who sits at the terminal, for the audit.
std::string who_asks();

}  // namespace millrace
