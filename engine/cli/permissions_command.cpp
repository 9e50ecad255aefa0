#include <algorithm>
#include <cstdio>
#include <utility>

#include "api/account_json.hpp"
#include "base/text.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/history.hpp"
#include "crypto/digest.hpp"
#include "workflow/account.hpp"

namespace millrace {

namespace {

/// A row of what is touched: "line 9   delete  location tags  highlevel.location_tags.delete, by pruning.delete".
struct Row {
  std::string line, does, what, how;
};

std::string what_of(const Reached& reached) {
  const auto said = capabilities_of({reached});
  return said.empty() ? "" : said.front().object;
}

Row row_of(const Reached& reached, const std::string& workflow) {
  Row row;
  row.line = "line " + std::to_string(reached.from.line);
  if (reached.workflow != workflow) row.line += " of " + reached.workflow;
  row.does = words_of(reached.effects);
  if (reached.at == Touch::At::file) row.does = capabilities_of({reached}).front().verb;
  row.what = what_of(reached);
  row.how = reached.action;
  if (!reached.by.empty()) row.how += ", by " + reached.by;
  if (!reached.scope.empty()) row.how += ", scope " + reached.scope;
  return row;
}

std::string padded(const std::string& text, std::size_t width) {
  const std::size_t length = length_in_characters(text);
  return text + std::string(length < width ? width - length : 0, ' ') + "  ";
}

std::string rows_of(const Account& account) {
  std::vector<Row> rows;
  std::size_t line = 0, does = 0, what = 0;
  for (const Reached& each : account.reach) {
    rows.push_back(row_of(each, account.workflow->id));
    line = std::max(line, rows.back().line.size());
    does = std::max(does, rows.back().does.size());
    what = std::max(what, length_in_characters(rows.back().what));
  }
  std::string text;
  for (const Row& each : rows)
    text += row("  " + padded(each.line, line) + padded(each.does, does) + padded(each.what, what) + each.how);
  return text;
}

std::string text_of(const Account& account, const Project& project, const NewSince& since) {
  std::string text =
      row(account.workflow->id + " " + summary(account.reach, account.locations, account.limits)) + rows_of(account);
  for (const std::string& name : connections_in(account)) {
    const auto scopes = scopes_at(account, name);
    std::string line = "connection " + name;
    if (!account.locations.empty()) line += " at " + join(account.locations, ", ");
    if (!scopes.empty()) line += ", with " + join({scopes.begin(), scopes.end()}, ", ");
    text += row(line);
  }
  if (!account.secrets.empty()) text += row("secrets " + join({account.secrets.begin(), account.secrets.end()}, ", "));
  if (!account.called.empty()) text += row("calls " + join(account.called, ", "));
  const auto narrowed = narrowed_by(account, project);
  text += narrowed.empty() ? "not narrowed: no permissions are said, neither in the file nor in millrace.yaml\n"
                           : "narrowed by permissions in " + listed(narrowed) + "\n";
  if (since.widened.empty()) return text;
  text += "new since the version that ran last (" + short_name(since.version) + "):\n";
  for (const Widening& each : since.widened) text += row("  " + each.sentence);
  return text;
}

}  // namespace

int permissions_command(const Session& session, const std::string& named) {
  const auto project = open_project(session);
  if (!project) return exit_cannot_start;
  const Catalog catalog = open_catalog(session);
  const OpenedWorkflow opened = open_workflow(session, named, catalog, *project);
  if (!opened.workflow) return opened.exit_code;
  const Account account = account_of(opened.workflow, catalog, *project);
  const NewSince since = new_since_last_runs(session, *project, catalog, {opened.workflow}).front();
  print_answer(session, encode_account(account, *project, since), text_of(account, *project, since));
  return exit_done;
}

}  // namespace millrace
