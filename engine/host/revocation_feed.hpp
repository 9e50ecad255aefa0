#pragma once

#include "async/task.hpp"
#include "host/host.hpp"

namespace millrace {

/// For a service: fetches the list of `plugins: {revocations}` when it begins and once a day, and again after an hour
/// where that fails, which is an alarm. What is kept in state/ is read as every change of the project is. Until it is
/// cancelled.
Task<void> keep_revocations_fresh(Host& host);

}  // namespace millrace
