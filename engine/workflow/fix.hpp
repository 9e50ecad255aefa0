#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"

namespace millrace {

/// The text with the suggestions of the findings put in. Everything else stays as it is, comments and order included.
/// Of two that overlap the first is put in; check the result again for the other.
std::string apply_fixes(const SourceText& source, const std::vector<Finding>& findings);

}  // namespace millrace
