#pragma once

#include <stdexcept>
#include <string>

#include "lsp/project_view.hpp"
#include "workflow/case_findings.hpp"

namespace millrace::test {

/// A text with the cursor taken out of it, which stands there as "‸".
struct Typed {
  SourceText source;
  std::size_t offset;
};

inline Typed typed(std::string text, const std::string& name = "workflows/flow.yaml") {
  const std::string cursor = "\u2038";
  const std::size_t at = text.find(cursor);
  if (at == std::string::npos) throw std::runtime_error("there is no cursor in:\n" + text);
  text.erase(at, cursor.size());
  return {{name, std::move(text)}, at};
}

/// The project of the workflow room's tests, with two more workflows and two secrets.
inline const lsp::ProjectView& editor_view() {
  static const lsp::ProjectView view = [] {
    lsp::ProjectView made;
    made.root = std::string(TEST_DATA) + "/workflow/project";
    made.catalog = std::make_shared<const Catalog>(test_catalog());
    made.project = test_project();
    made.workflows = {{"/project/workflows/nightly.yaml", "workflows/nightly.yaml"},
                      {"/project/workflows/report.yaml", "workflows/report.yaml"}};
    made.secrets = {"main", "ops_slack"};
    return made;
  }();
  return view;
}

}  // namespace millrace::test
