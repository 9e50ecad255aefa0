#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"

namespace millrace {

/// The findings as text for people, JSON, SARIF 2.1.0 (code scanning) or GitHub's workflow commands.
std::string render_findings(const std::vector<Finding>& findings, const std::string& format, std::size_t files);

}  // namespace millrace
