#pragma once

#include <set>
#include <string>
#include <vector>

#include "../support/job.hpp"
#include "totals.hpp"

namespace millrace::statistics {

/// The profiles of one request for statistics.
struct ProfileGroup {
  std::vector<std::string> ids;
  std::set<std::string> platforms;  ///< those whose figures are to be expected
};

/// What can be asked for the accounts of a location, in groups no larger than a request may be. Each profile comes
/// once. Accounts on platforms that the statistics API does not know are told in `warnings`. Throws Failure where the
/// answer has no accounts.
std::vector<ProfileGroup> profile_groups(const job::Json& accounts_answer, const Platforms& wanted,
                                         std::vector<std::string>& warnings);

}  // namespace millrace::statistics
