#pragma once

#include "catalog/catalog.hpp"
#include "prose/sentence.hpp"
#include "workflow/account.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// The workflow of the account in sentences, under headings: what starts it, how it runs, its variables, its steps,
/// what it may touch and its limits. What the file says is told, whatever it is: what has no words stands as it is
/// written. Pure; the same for the same files.
Sentence explain(const Account& account, const Catalog& catalog, const Project& project);

}  // namespace millrace
