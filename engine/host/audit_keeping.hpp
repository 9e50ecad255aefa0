#pragma once

#include "async/task.hpp"
#include "base/result.hpp"
#include "host/host.hpp"
#include "service/metrics.hpp"

namespace millrace {

/// Writes the uses of secrets into the store's audit: first uses at a host, and the counts of hours that have ended, or
/// of `all`. What cannot be written is told in the log.
Task<void> write_secret_uses(Host& host, bool all);
/// The same for a plan, whose own store only reads: where there is a store.
Task<void> write_uses_of_plan(Host& host);

/// For a service: writes those as they come, and once a minute that has news says how far the audit has come: in the
/// log, in the metrics, and in the files of `audit: {heads: [...]}`. Until it is cancelled.
Task<void> keep_audit(Host& host, Metrics& metrics);

}  // namespace millrace
