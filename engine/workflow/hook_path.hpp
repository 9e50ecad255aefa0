#pragma once

#include <string>
#include <string_view>

#include "workflow/model.hpp"

namespace millrace {

/// Below this the service takes deliveries.
inline constexpr std::string_view hooks_prefix = "/hooks/";

/// The path below it on which a webhook or a plugin's webhook trigger listens; `secret_path` not included.
std::string hook_path(const Workflow& workflow, const TriggerSpec& trigger);

}  // namespace millrace
