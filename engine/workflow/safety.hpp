#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "catalog/catalog.hpp"
#include "workflow/model.hpp"

namespace millrace {

/// The limits that hold for a run: what the workflow's `safety` says, and where it says nothing the strictest default
/// of the actions that it uses. `..._from` names that action; empty where the workflow says it itself.
struct Limits {
  std::optional<std::int64_t> max_changes;
  std::optional<double> max_percent;
  std::string max_changes_from, max_percent_from;
};

Limits limits_of(const Workflow& workflow, const Catalog& catalog);

}  // namespace millrace
