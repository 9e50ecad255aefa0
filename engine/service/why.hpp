#pragma once

#include <optional>
#include <string>
#include <vector>

#include "async/loop.hpp"
#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "journal/store.hpp"
#include "workflow/project.hpp"

namespace millrace {

struct WhyQuestion {
  std::string workflow;
  std::optional<EventKey> event;  ///< nothing: about its last chances to run
};

/// Why a workflow did or did not run, in sentences, the most important first: from the files, the store and the clock
/// alone, so it works with or without a running service. `now` is told in the sentences relative and absolute.
Task<Result<std::vector<std::string>>> why(WhyQuestion question, std::string folder, const Project& project,
                                           const Catalog& catalog, Store& store, Timestamp now);

}  // namespace millrace
