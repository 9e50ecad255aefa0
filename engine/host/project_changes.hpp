#pragma once

#include <string>
#include <vector>

#include "host/host.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// Takes over what millrace.yaml, plugins/lock.yaml and the lists of what is revoked say by now, as far as a service
/// can that runs. Gives a sentence for each difference, also for what has to wait for the next start; all of them are
/// logged.
std::vector<std::string> take_over_changes(Host& host, Project& project);

}  // namespace millrace
