#include "cli/cli.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <map>

#include "cli/commands.hpp"

namespace millrace {

namespace {

using Job = std::function<int()>;

CLI::App* add_verb(CLI::App& app, const std::string& name, const std::string& help, Job& job, Job what) {
  CLI::App* verb = app.add_subcommand(name, help);
  // CLI11 calls the verb back after its sub-verb, which has spoken then.
  verb->callback([&job, verb, what = std::move(what)] {
    if (verb->get_subcommands().empty()) job = what;
  });
  return verb;
}

void add_json(CLI::App* verb, Session& session) {
  verb->add_flag("--json", session.json, "one JSON document on stdout, nothing else");
}

void add_run_options(CLI::App* verb, RunOptions& options, Session& session) {
  verb->add_option("workflow", options.workflow, "its id, or the path of its file")->required()->type_name("WORKFLOW");
  verb->add_option("--event", options.event_file,
                   "the event, as JSON: a file, or - for stdin (default: the trigger's example)")
      ->type_name("FILE");
  verb->add_flag("--trace", options.trace, "show what each condition saw");
  verb->add_option("--as-of", options.as_of,
                   "take this for the present time, such as 2026-03-01T09:00:00Z (loopback connections only)")
      ->type_name("TIME");
  add_json(verb, session);
}

void add_running(CLI::App& app, Session& session, RunOptions& options, std::string& plan_file, Job& job) {
  CLI::App* plan = add_verb(app, "plan", "say what a run would change, and change nothing", job,
                            [&] { return plan_command(session, options); });
  add_run_options(plan, options, session);
  plan->add_flag("--detailed-exitcode", options.detailed_exit_code, "exit 6 when the plan holds changes");
  plan->add_option("--out", options.out, "keep the plan in this file, for \"millrace apply\"")->type_name("FILE");
  CLI::App* apply = add_verb(app, "apply", "make exactly the changes of a kept plan, if the world is still the same",
                             job, [&] { return apply_command(session, plan_file); });
  apply->add_option("plan", plan_file, "the file that \"millrace plan --out\" wrote")->required()->type_name("PLAN");
  add_json(apply, session);
  CLI::App* run = add_verb(app, "run", "run a workflow once, now; without --live it is a dry run", job,
                           [&] { return run_command(session, options); });
  add_run_options(run, options, session);
  run->add_flag("--live", options.live, "really do it");
}

void add_checking(CLI::App& app, Session& session, CheckOptions& options, std::string& schema, Job& job) {
  CLI::App* check = add_verb(app, "check", "find everything wrong in workflow files without running them", job,
                             [&] { return check_command(session, options); });
  check->add_option("path", options.paths, "files or folders (default: the whole project)")->type_name("PATH");
  check->add_flag("--fix", options.fix, "put the corrections into the files");
  check->add_option("--format", options.format, "text, json, sarif or github")
      ->check(CLI::IsMember({"text", "json", "sarif", "github"}))
      ->type_name("FORMAT");
  check->add_flag_callback(
      "--json", [&options] { options.format = "json"; }, "the same as --format json");
  CLI::App* print = add_verb(app, "schema", "print the JSON Schema of workflow or project files, for editors", job,
                             [&] { return schema_command(session, schema); });
  print->add_option("file", schema, "workflow or project (default: workflow)")
      ->check(CLI::IsMember({"workflow", "project"}))
      ->type_name("KIND");
}

void add_catalog(CLI::App& app, Session& session, std::string& name, Job& job) {
  CLI::App* catalog =
      add_verb(app, "catalog", "list every trigger and action", job, [&] { return catalog_list_command(session); });
  add_json(catalog, session);
  catalog->require_subcommand(0, 1);
  add_json(
      add_verb(*catalog, "list", "list every trigger and action", job, [&] { return catalog_list_command(session); }),
      session);
  CLI::App* show = add_verb(*catalog, "show", "what one of them takes and gives", job,
                            [&] { return catalog_show_command(session, name); });
  show->add_option("name", name, "such as highlevel.location_tags.create")->required()->type_name("NAME");
  add_json(show, session);
  add_json(add_verb(*catalog, "functions", "the functions of expressions", job,
                    [&] { return catalog_functions_command(session); }),
           session);
  CLI::App* plugin = app.add_subcommand("plugin", "list the plugins, or check that they work");
  plugin->require_subcommand(1);
  add_json(
      add_verb(*plugin, "list", "the plugins and where they lie", job, [&] { return plugin_list_command(session); }),
      session);
  CLI::App* check = add_verb(*plugin, "check", "load a plugin's library and try its examples", job,
                             [&] { return plugin_check_command(session, name); });
  check->add_option("name", name, "one plugin (default: all)")->type_name("NAME");
  add_json(check, session);
}

void add_tools(CLI::App& app, Session& session, EvalOptions& eval, std::vector<std::string>& arguments, Job& job) {
  CLI::App* evaluate =
      add_verb(app, "eval", "evaluate an expression", job, [&] { return eval_command(session, eval); });
  evaluate->add_option("expression", eval.expression, "such as 'size(tags) > 3'")->type_name("EXPR");
  evaluate
      ->add_option("--with", eval.bindings_file, "a JSON object with the names that the expression uses: a file, or -")
      ->type_name("FILE");
  evaluate->add_flag("--stdio", eval.stdio, "answer one JSON request a line, until stdin ends");
  add_json(evaluate, session);
  CLI::App* sandbox = add_verb(app, "sandbox", "start the stand-in for HighLevel and SightMill", job,
                               [&] { return sandbox_command(arguments); });
  sandbox->prefix_command();
  sandbox->callback([&, sandbox] {
    arguments = sandbox->remaining();
    job = [&] { return sandbox_command(arguments); };
  });
  add_json(add_verb(app, "version", "print the version", job, [&] { return version_command(session); }), session);
}

}  // namespace

int run_command_line(int argc, char** argv) {
  CLI::App app("Runs workflows written as YAML files: see it before it acts, prove it while it runs, undo it after.",
               "millrace");
  Session session;
  RunOptions run;
  CheckOptions check;
  EvalOptions eval;
  std::string name, plan_file, schema = "workflow";
  std::vector<std::string> arguments;
  Job job = [&session] { return overview_command(session); };
  app.add_option("-C", session.folder, "the project's folder (default: this one)")->type_name("DIR");
  add_json(&app, session);
  add_checking(app, session, check, schema, job);
  add_running(app, session, run, plan_file, job);
  add_catalog(app, session, name, job);
  add_tools(app, session, eval, arguments, job);
  app.require_subcommand(0, 1);
  app.fallthrough(false);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    std::fprintf(stderr, "error: %s\nmillrace --help lists what there is\n", error.what());
    return exit_usage;
  }
  return job();
}

}  // namespace millrace
