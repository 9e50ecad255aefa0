#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "starter/new_files.hpp"

namespace millrace {

/// What a new project shows the sandbox, and nobody else takes.
inline constexpr std::string_view sandbox_token = "sandbox-token";

/// The id of the workflow that a new project has.
inline constexpr std::string_view first_workflow = "list-tags";

/// What a project begins with that works against the sandbox: settings, a workflow, secrets, what git leaves out, and
/// what editors read: the schemas, as text. `unavailable` where the system gives no random bytes for the secrets.
Result<std::vector<NewFile>> new_project(const std::string& workflow_schema, const std::string& project_schema,
                                         const std::string& test_schema);

}  // namespace millrace
