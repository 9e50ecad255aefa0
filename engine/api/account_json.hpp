#pragma once

#include "value/value.hpp"
#include "workflow/account.hpp"

namespace millrace {

/// `permissions --json` and /api/v1/workflows/{workflow}/permissions:
/// {"workflow","summary","touches":[{"does":["read"],"what":"thing|address|file","kind","connection","place","known",
/// "says","action","by","scope","workflow","line"}],"connections":[{"name","scopes":[]}],"locations":[],"calls":[],
/// "secrets":[],"narrowed_by":["workflows/prune.yaml:4"],"since","widened":["may delete contacts (line 31)"]}.
Value encode_account(const Account& account, const Project& project, const NewSince& since);

}  // namespace millrace
