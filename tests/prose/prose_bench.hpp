#pragma once

#include <string>

#include "prose/explain.hpp"
#include "workflow/permitted.hpp"

namespace millrace::test {

inline Account account_of_text(const std::string& text, const std::string& name = "flow.yaml") {
  return account_of(workflow_of(text, name), shipped_catalog(), sample_project());
}

/// What is told of a file below its first line, `version: 1`.
inline std::string explained(const std::string& text) {
  return render(explain(account_of_text(text), shipped_catalog(), sample_project()));
}

}  // namespace millrace::test
