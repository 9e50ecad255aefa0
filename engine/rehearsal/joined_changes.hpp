#pragma once

#include <vector>

#include "rehearsal/made_changes.hpp"

namespace millrace {

/// Makes one change of what was done to one thing after the other, where that comes to the same.
std::vector<MadeChange> joined(std::vector<MadeChange> made, const Catalog& catalog);

}  // namespace millrace
