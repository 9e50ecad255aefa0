#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/session.hpp"
#include "secret/vault.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// Why nothing can be tried over them.
Status can_try_secret(const Session& session, const std::vector<const ConnectionSettings*>& connections);

/// Reads over each connection with `value` as the secret `name`, while everybody else goes on with the one that is
/// there. Gives what was read, for people: "highlevel.location_tags.list over highlevel". `denied`: a far side refuses
/// the value; another error: it could not be tried.
Result<std::vector<std::string>> try_secret(const Session& session, const Project& project, Vault& vault,
                                            const std::vector<const ConnectionSettings*>& connections,
                                            const std::string& name, const Secret& value);

}  // namespace millrace
