#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "cli/session.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// Who would miss the secret "secret:name": connections by their names, workflow files by the lines that name it, as
/// "workflows/hello.yaml:7".
struct SecretUses {
  std::vector<const ConnectionSettings*> connections;  ///< of the project
  std::vector<std::string> lines;
  bool none() const noexcept { return connections.empty() && lines.empty(); }
};
SecretUses uses_of_secret(const Session& session, const Project& project, const std::string& handle);

/// "the connection highlevel, workflows/hello.yaml:7"
std::string render(const SecretUses& uses);

/// "highlevel_token", also of "secret:highlevel_token".
std::string name_of_secret(const std::string& said);

/// Tells why a verb about secrets did not do what it was asked; gives its exit code.
int refuse_secret(const Error& error);

}  // namespace millrace
