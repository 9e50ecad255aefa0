#include <utility>

#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/history.hpp"
#include "cli/texts.hpp"
#include "prose/compare.hpp"

namespace millrace {

namespace {

/// The version of the workflow that ran last, to which its file is compared.
Result<WorkflowText> text_that_ran_last(const Session& session, const Project& project, const WorkflowText& file) {
  const auto versions = TRY(versions_of(session, project, file.workflow));
  for (const VersionHead& each : versions) {
    if (each.runs > 0) return text_of_version(file.workflow, each);
  }
  return Error{ErrorCode::not_found, "no version of " + file.workflow + " has run yet; name two texts to compare"};
}

Result<std::pair<WorkflowText, WorkflowText>> both_texts(const Session& session, const Project& project,
                                                         const std::string& before, const std::string& now) {
  WorkflowText first = TRY(text_named(session, project, before));
  if (!now.empty()) return std::pair(std::move(first), TRY(text_named(session, project, now)));
  WorkflowText ran = TRY(text_that_ran_last(session, project, first));
  return std::pair(std::move(ran), std::move(first));
}

int cannot_compare(const Error& error) {
  complain(error);
  return exit_cannot_start;
}

}  // namespace

int diff_command(const Session& session, const TextOptions& options) {
  const auto project = open_project(session);
  if (!project) return exit_cannot_start;
  const Catalog catalog = open_catalog(session);
  const auto texts = both_texts(session, *project, options.before, options.now);
  if (!texts) return cannot_compare(texts.error());
  const auto& [first, second] = *texts;
  const auto was = account_of(first, catalog, *project);
  if (!was) return cannot_compare(was.error().within(first.called));
  const auto is = account_of(second, catalog, *project);
  if (!is) return cannot_compare(is.error().within(second.called));
  const auto differences = compare(*was, *is, catalog, *project);
  const Value document = Value::object({{"old", first.called},
                                        {"new", second.called},
                                        {"same", differences.empty()},
                                        {"differences", encode_differences(differences)}});
  const std::string heading = row(second.called + ", beside " + first.called + ":");
  print_answer(session, document,
               heading + (differences.empty() ? "  " + in_short(differences) + "\n" : render_differences(differences)));
  return differences.empty() ? exit_done : exit_failed;
}

}  // namespace millrace
