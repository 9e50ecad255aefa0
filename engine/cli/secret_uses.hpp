#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/commands.hpp"
#include "cli/session.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// Who would miss the secret "secret:name": connections by their names, workflow files and the rest of millrace.yaml
/// (alarms, hashicorp_vault) by the lines that name it, as "workflows/hello.yaml:7".
struct SecretUsers {
  std::vector<const ConnectionSettings*> connections;  ///< of the project
  std::vector<std::string> lines;
  bool none() const noexcept { return connections.empty() && lines.empty(); }
};
SecretUsers uses_of_secret(const Session& session, const Project& project, const std::string& handle);

/// What far sides said of the value that was there is over: to be called when it is another one.
void forget_refusals(const Session& session, const Project& project, const std::string& name);

/// "the connection highlevel, workflows/hello.yaml:7"
std::string render(const SecretUsers& uses);

/// "highlevel_token", also of "secret:highlevel_token"; `invalid` where it can be no name.
Result<std::string> named_secret(const std::string& said);
/// The same of one that is about to get a value: not of an entry that is a connection's own.
Result<std::string> secret_to_change(const Project& project, const std::string& said);

/// Why a secret gets no value during its rotation: a third one would take the place of one of the two, of which only
/// the far side knows which one is good.
Error rotation_goes_on(const std::string& name);

/// Whether a value stands behind the name, or in it behind "=", which is refused and told: what stands in an argument
/// is in the history of a shell and in the system's list of processes.
bool has_value_in_arguments(const SecretOptions& options);

/// Tells why a verb about secrets did not do what it was asked; gives its exit code.
int refuse_secret(const Error& error);

}  // namespace millrace
