#pragma once

#include <vector>

#include "catalog/catalog.hpp"
#include "prose/sentence.hpp"
#include "workflow/account.hpp"
#include "workflow/project.hpp"

namespace millrace {

// The parts of `explain`, each in a file of its own.

std::vector<Sentence> tell_triggers(const Workflow& workflow, const Catalog& catalog, const Project& project);

/// Numbered from 1. `reach`: what the workflow's steps touch.
std::vector<Sentence> tell_steps(const Steps& steps, const std::vector<Reached>& reach, const Catalog& catalog);

std::vector<Sentence> tell_reach(const Account& account, const Project& project);
std::vector<Sentence> tell_limits(const Account& account);

}  // namespace millrace
