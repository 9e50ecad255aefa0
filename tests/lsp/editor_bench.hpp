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

/// One of the project's workflows, which others call and which has tests.
inline constexpr const char* nightly =
    "version: 1\n"
    "triggers: manual\n"
    "actions:\n"
    "  - id: listed\n"
    "    action: crm.tags.list\n"
    "    with: {limit: \"${{ event.most }}\"}\n"
    "  - id: sure\n"
    "    approve: Delete ${{ event.count }}?\n"
    "  - if: listed.tags.exists(tag, tag.name == event.tag.name)\n"
    "    then:\n"
    "      - action: crm.tags.delete\n"
    "        with: {id: \"${{ listed.tags[0].id }}\"}\n";

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
    auto source = std::make_shared<const SourceText>(SourceText{"workflows/nightly.yaml", nightly});
    made.others.push_back(std::make_shared<const Workflow>(*load_workflow(source, *made.catalog).workflow));
    return made;
  }();
  return view;
}

}  // namespace millrace::test
