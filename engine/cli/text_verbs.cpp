#include "cli/verbs.hpp"

namespace millrace {

void add_texts(CLI::App& app, Session& session, TextOptions& options, Job& job) {
  const std::string named = "its id, or the path of its file", of_any = named + "; or WORKFLOW@VERSION";
  CLI::App* explain =
      add_verb(app, "explain", "a workflow in plain words: what starts it, what it does, what it may touch", job,
               [&] { return explain_command(session, options); });
  explain->add_option("workflow", options.workflow, of_any)->required()->type_name("WORKFLOW");
  CLI::App* diff = add_verb(app, "diff", "what differs in meaning between two texts of a workflow", job,
                            [&] { return diff_command(session, options); });
  diff->add_option("old", options.before, "a file, an id, or WORKFLOW@VERSION")->required()->type_name("WORKFLOW");
  diff->add_option("new", options.now, "the same; left out: the file of OLD beside the version of it that ran last")
      ->type_name("WORKFLOW");
  CLI::App* versions = add_verb(app, "versions", "the texts of a workflow that ran, and what each changed", job,
                                [&] { return versions_command(session, options); });
  versions->add_option("workflow", options.workflow, named)->required()->type_name("WORKFLOW");
  CLI::App* rollback = add_verb(app, "rollback", "write a version that ran into the workflow's file again", job,
                                [&] { return rollback_command(session, options); });
  rollback->add_option("workflow", options.workflow, named)->required()->type_name("WORKFLOW");
  rollback->add_option("version", options.version, "the first digits of its name")->required()->type_name("VERSION");
  rollback->add_flag("--yes", options.yes, "write it without asking");
  for (CLI::App* verb : {explain, diff, versions, rollback}) add_json(verb, session);
}

}  // namespace millrace
