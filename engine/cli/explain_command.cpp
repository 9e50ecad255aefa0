#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/history.hpp"
#include "cli/texts.hpp"
#include "prose/explain.hpp"
#include "workflow/account.hpp"

namespace millrace {

namespace {

int tell_explained(const Session& session, const Account& account, const Catalog& catalog, const Project& project) {
  const Sentence whole = explain(account, catalog, project);
  const Value document = Value::object({{"workflow", account.workflow->id}, {"explained", encode(whole)}});
  print_answer(session, document, render(whole));
  return exit_done;
}

}  // namespace

int explain_command(const Session& session, const TextOptions& options) {
  const auto project = open_project(session);
  if (!project) return exit_cannot_start;
  const Catalog catalog = open_catalog(session);
  if (names_version(options.workflow)) {
    const auto text = text_named(session, *project, options.workflow);
    const auto account = text ? account_of(*text, catalog, *project) : Result<Account>(text.error());
    if (!account) return complain(account.error()), exit_failed;
    return tell_explained(session, *account, catalog, *project);
  }
  const OpenedWorkflow opened = open_workflow(session, options.workflow, catalog, *project);
  if (!opened.workflow) return opened.exit_code;
  return tell_explained(session, account_of(opened.workflow, catalog, *project), catalog, *project);
}

}  // namespace millrace
