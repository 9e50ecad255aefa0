#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "period.hpp"

namespace millrace::statistics {

/// By tag, how many carry it; and the same, those that are carried most first.
using Counts = std::map<std::string, std::int64_t>;
using Ranking = std::vector<std::pair<std::string, std::int64_t>>;
Ranking ranked(const Counts& counts);

/// Reads how many carry each tag today and keeps it.
job::Json collect_tags(job::Call& call, const job::Json& input);

/// How the use of tags went in a period. `names` says of which tags each day is
/// told: where it is empty, of those that are carried most at its end.
job::Json tag_usage_in(job::Call& call, const std::vector<std::string>& locations,
                       const std::vector<std::string>& names, const Period& period);

}  // namespace millrace::statistics
