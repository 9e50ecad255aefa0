#pragma once

#include "../support/job.hpp"

namespace millrace::tags {

/// Each location tag with the number of contacts that carry it and since when our own observations saw it unused, and
/// each social tag with the number of posts that carry it.
job::Json usage(job::Call& call, const job::Json& input);

/// Takes tags that were removed on purpose out of the last observation, so that the next one does not miss them.
job::Json forget(job::Call& call, const job::Json& input);

}  // namespace millrace::tags
