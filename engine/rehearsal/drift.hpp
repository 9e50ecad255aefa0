#pragma once

#include <string>
#include <vector>

#include "rehearsal/plan_file.hpp"

namespace millrace {

/// What is different in the world, and what would be done about it, in sentences: the plan as it was made, and as it
/// comes out now. Empty where nothing that the plan was made from has changed.
std::vector<std::string> drift(const PlannedRun& then, const PlannedRun& now);

}  // namespace millrace
