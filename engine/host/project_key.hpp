#pragma once

#include <filesystem>
#include <string>

#include "base/result.hpp"

namespace millrace {

// Keys of a project: files below its state/ that are made when they are first needed, by chance, and that only its user
// can read.
inline constexpr const char* api_token = "api-token";  ///< opens the service's API
inline constexpr const char* plan_key = "plan-key";    ///< seals the project's plans
inline constexpr const char* audit_key = "audit-key";  ///< signs the heads of its audit

/// The key, made where it is not there; 64 hexadecimal digits, or what somebody put there who wanted his own (32
/// letters at least).
Result<std::string> open_project_key(const std::filesystem::path& folder, const char* name);

/// What signs the heads of the project's audit (32 bytes), made of its audit_key.
Result<std::string> audit_seed(const std::filesystem::path& folder);

/// The key, as far as there is one that is ours to read: `not_found` else, or why it cannot be believed.
Result<std::string> read_project_key(const std::filesystem::path& folder, const char* name);

}  // namespace millrace
