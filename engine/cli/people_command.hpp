#pragma once

#include <string>
#include <vector>

#include "cli/session.hpp"

namespace millrace {

struct NamedOptions {
  std::string name;
  std::vector<std::string> roles;
};
int user_add_command(const Session& session, const NamedOptions& options);
int user_list_command(const Session& session);
int user_remove_command(const Session& session, const NamedOptions& options);
int token_add_command(const Session& session, const NamedOptions& options);
int token_list_command(const Session& session);
int token_revoke_command(const Session& session, const NamedOptions& options);

}  // namespace millrace
