#include "cli/cli.hpp"

#include <cstdio>
#include <map>

#include "base/text.hpp"
#include "cli/complete.hpp"
#include "cli/lsp_command.hpp"
#include "cli/verbs.hpp"

namespace millrace {

namespace {

/// What --help prints, for those who try the word first.
int help_command(const CLI::App& app, const std::vector<std::string>& verbs) {
  const CLI::App* at = &app;
  std::string name = app.get_name();
  for (const std::string& verb : verbs) {
    const CLI::App* below = nullptr;
    std::vector<std::string> known;
    for (const CLI::App* each : at->get_subcommands([](const CLI::App*) { return true; })) {
      known.push_back(each->get_name());
      if (known.back() == verb) below = each;
    }
    name += " " + verb;
    if (below == nullptr) {
      complain("there is no \"" + name + "\"" + did_you_mean(verb, known) + "; \"millrace help\" lists what there is");
      return exit_usage;
    }
    at = below;
  }
  std::fputs(at->get_formatter()->make_help(at, name, CLI::AppFormatMode::Normal).c_str(), stdout);
  return exit_done;
}

void add_run_options(CLI::App* verb, RunOptions& options, Session& session) {
  verb->add_option("workflow", options.workflow, "its id, or the path of its file")->required()->type_name("WORKFLOW");
  verb->add_option("--event", options.event_file,
                   "the event, as JSON: a file, or - for stdin (default: the trigger's example)")
      ->type_name("FILE");
  verb->add_option("--delivery", options.delivery_file,
                   "how the event came (delivery in expressions), as JSON with headers, query, method, path")
      ->type_name("FILE");
  verb->add_flag("--trace", options.trace, "show what each condition saw");
  verb->add_option("--as-of", options.as_of,
                   "take this for the present time, such as 2026-03-01T09:00:00Z (loopback connections only)")
      ->type_name("TIME");
  verb->add_option("--location", options.location, "for this location only (default: all that the workflow runs for)")
      ->type_name("LOCATION");
  add_json(verb, session);
}

void add_running(CLI::App& app, Session& session, RunOptions& options, std::string& plan_file, Job& job) {
  CLI::App* plan = add_verb(app, "plan", "say what a run would change, and change nothing", job,
                            [&] { return plan_command(session, options); });
  add_run_options(plan, options, session);
  plan->add_flag("--detailed-exitcode", options.detailed_exit_code, "exit 6 when the plan holds changes");
  plan->add_option("--out", options.out, "keep the plan in this file, for \"millrace apply\"")->type_name("FILE");
  CLI::App* apply = add_verb(app, "apply", "make exactly the changes of a kept plan, if the world is still the same",
                             job, [&] { return apply_command(session, plan_file, options.yes); });
  apply->add_option("plan", plan_file, "the file that \"millrace plan --out\" wrote")->required()->type_name("PLAN");
  apply->add_flag("--yes", options.yes, "begin also where its calls do not fit into what is left of today's budget");
  add_json(apply, session);
  CLI::App* run = add_verb(app, "run", "run a workflow once, now; without --live it is a dry run", job,
                           [&] { return run_command(session, options); });
  add_run_options(run, options, session);
  run->add_flag("--live", options.live, "really do it");
  run->add_flag("--yes", options.yes, "begin also where its calls do not fit into what is left of today's budget");
}

void add_checking(CLI::App& app, Session& session, CheckOptions& options, std::string& schema, Job& job) {
  CLI::App* check = add_verb(app, "check", "find everything wrong in workflow files without running them", job, [&] {
    if (options.explain) return explain_rules_command(*options.explain, options.format == "json");
    return check_command(session, options);
  });
  check->add_option("path", options.paths, "files, workflows or folders (default: the whole project)")
      ->type_name("PATH");
  check->add_flag("--fix", options.fix, "put the corrections into the files");
  check->add_flag("--verbose", options.verbose, "say also what cannot be checked before the run");
  check->add_option("--explain", options.explain, "what a rule is for, with an example (default: all rules)")
      ->expected(0, 1)
      ->type_name("RULE");
  check->add_option("--format", options.format, "text, json, sarif or github")
      ->check(CLI::IsMember({"text", "json", "sarif", "github"}))
      ->type_name("FORMAT");
  check->add_flag_callback(
      "--json", [&options] { options.format = "json"; }, "the same as --format json");
  CLI::App* print = add_verb(app, "schema", "print the JSON Schema of workflow, project or test files, for editors",
                             job, [&] { return schema_command(session, schema); });
  print->add_option("file", schema, "workflow, project or test (default: workflow)")
      ->check(CLI::IsMember({"workflow", "project", "test"}))
      ->type_name("KIND");
}

void add_testing(CLI::App& app, Session& session, TestOptions& options, Job& job) {
  CLI::App* test = add_verb(app, "test", "run the tests of workflows (NAME.test.yaml); nothing leaves", job,
                            [&] { return test_command(session, options); });
  test->add_option("path", options.paths, "test files, workflows or folders (default: the whole project)")
      ->type_name("PATH");
  test->add_flag("--coverage,--verbose", options.coverage, "list the branches that no test takes");
  test->add_option("--record", options.record, "write a test file out of this run, in place of running any")
      ->type_name("RUN");
  test->add_option("--out", options.out, "with --record: the file, or - for stdout (default: beside the workflow)")
      ->type_name("FILE");
  test->add_option("--junit", options.junit, "write the results there, too, as JUnit's XML")->type_name("FILE");
  add_json(test, session);
}

void add_plugin_import(CLI::App& plugin, Session& session, PluginImportOptions& importing, Job& job) {
  CLI::App* import = add_verb(plugin, "import-openapi", "make a plugin of an OpenAPI document, or bring it up to date",
                              job, [&] { return plugin_import_command(session, importing); });
  import->add_option("file", importing.file, "the document, JSON or YAML")->required()->type_name("FILE");
  import->add_option("--name", importing.name, "the plugin's name")->required()->type_name("NAME");
  import->add_flag("--detailed-exitcode", importing.detailed_exit_code, "6 where the plugin is another than before");
  add_json(import, session);
}

void add_plugin(CLI::App& app, Session& session, std::string& name, PluginAddOptions& adding,
                PluginImportOptions& importing, PluginNewOptions& fresh, Job& job) {
  CLI::App* plugin = app.add_subcommand("plugin", "list the plugins, check that they work, or add one");
  plugin->require_subcommand(1);
  add_json(
      add_verb(*plugin, "list", "the plugins and where they lie", job, [&] { return plugin_list_command(session); }),
      session);
  CLI::App* check = add_verb(*plugin, "check", "load a plugin's library and try its examples", job,
                             [&] { return plugin_check_command(session, name); });
  check->add_option("name", name, "one plugin (default: all)")->type_name("PLUGIN");
  CLI::App* add = add_verb(*plugin, "add", "show what a plugin asks for, and put it into plugins/ if you agree", job,
                           [&] { return plugin_add_command(session, adding); });
  add->add_option("package", adding.package, "a folder or a .tar.gz")->required()->type_name("PACKAGE");
  add->add_option("--key", adding.key, "the public key of its author (minisign), or the file that holds it")
      ->type_name("KEY");
  add->add_flag("--yes", adding.yes, "agree without being asked");
  add_plugin_import(*plugin, session, importing, job);
  add_plugin_new(*plugin, session, fresh, job);
  CLI::App* remove = add_verb(*plugin, "remove", "take one of the project's own plugins away, with what was agreed to",
                              job, [&] { return plugin_remove_command(session, name, adding.yes); });
  remove->add_option("name", name, "the plugin")->required()->type_name("PLUGIN");
  remove->add_flag("--yes", adding.yes, "agree without being asked");
  CLI::App* revoke = add_verb(*plugin, "revoke", "say that something is not to be used any more", job,
                              [&] { return plugin_revoke_command(session, name, adding.reason); });
  revoke->add_option("what", name, "a plugin, plugin@version, sha256:hash, or a key (RW...)")
      ->required()
      ->type_name("WHAT");
  revoke->add_option("--reason", adding.reason, "why, for those who meet it")->type_name("TEXT");
  CLI::App* allow = add_verb(*plugin, "allow", "use a plugin again that was revoked, or is out of service", job,
                             [&] { return plugin_allow_command(session, name); });
  allow->add_option("name", name, "the plugin")->required()->type_name("PLUGIN");
  for (CLI::App* verb : {check, add, remove, revoke, allow}) add_json(verb, session);
}

void add_catalog(CLI::App& app, Session& session, std::string& name, Job& job) {
  const auto list = [&] { return catalog_list_command(session, name); };
  CLI::App* catalog = add_verb(app, "catalog", "list every trigger and action", job, list);
  catalog->require_subcommand(0, 1);
  for (CLI::App* verb : {catalog, add_verb(*catalog, "list", "list every trigger and action", job, list)}) {
    verb->add_option("plugin", name, "those of this plugin (default: of all)")->type_name("PLUGIN");
    add_json(verb, session);
  }
  CLI::App* show = add_verb(*catalog, "show", "what one of them takes and gives", job,
                            [&] { return catalog_show_command(session, name); });
  show->add_option("name", name, "such as highlevel.location_tags.create")->required()->type_name("ACTION");
  add_json(show, session);
  add_json(add_verb(*catalog, "functions", "the functions of expressions", job,
                    [&] { return catalog_functions_command(session); }),
           session);
  add_json(add_verb(*catalog, "routes", "all that the service answers over HTTP", job,
                    [&] { return catalog_routes_command(session); }),
           session);
}

void add_permissions(CLI::App& app, Session& session, std::string& workflow, Job& job) {
  CLI::App* permissions = add_verb(app, "permissions", "what a workflow may touch, and what in it brings that about",
                                   job, [&] { return permissions_command(session, workflow); });
  permissions->add_option("workflow", workflow, "its id, or the path of its file")->required()->type_name("WORKFLOW");
  add_json(permissions, session);
}

void add_schedule(CLI::App& app, Session& session, ScheduleOptions& options, Job& job) {
  CLI::App* schedule = app.add_subcommand("schedule", "see when a workflow's schedules run");
  schedule->require_subcommand(1);
  CLI::App* preview = add_verb(*schedule, "preview", "the next times, the days included on which the clocks change",
                               job, [&] { return schedule_preview_command(session, options); });
  preview->add_option("workflow", options.workflow, "its id, or the path of its file")
      ->required()
      ->type_name("WORKFLOW");
  preview->add_option("--count", options.count, "so many times (default: 10)")
      ->check(CLI::Range(1, 1000))
      ->type_name("N");
  preview->add_option("--from", options.from, "begin after this time, such as 2026-03-01T09:00:00Z (default: now)")
      ->type_name("TIME");
  add_json(preview, session);
}

void add_tools(CLI::App& app, Session& session, std::vector<std::string>& arguments, Job& job) {
  CLI::App* editor = add_verb(app, "lsp", "be the language server of an editor, over stdin and stdout", job,
                              [&] { return lsp_command(session); });
  editor->add_flag_callback(
      "--stdio", [] {}, "what editors say; it is so anyway");
  CLI::App* sandbox = add_verb(app, "sandbox", "start the stand-in for HighLevel and SightMill", job,
                               [&] { return sandbox_command(arguments); });
  sandbox->prefix_command();
  sandbox->callback([&, sandbox] {
    arguments = sandbox->remaining();
    job = [&] { return sandbox_command(arguments); };
  });
  add_json(add_verb(app, "version", "print the version", job, [&] { return version_command(session); }), session);
  app.set_version_flag("-V,--version", "millrace " MILLRACE_VERSION, "print the version");
  CLI::App* help =
      add_verb(app, "help", "what there is, or what a verb takes", job, [&] { return help_command(app, arguments); });
  help->add_option("verb", arguments, "such as runs retry")->type_name("VERB");
}

void add_service(CLI::App& app, Session& session, ServeOptions& serve, SwitchOptions& which, Job& job) {
  CLI::App* server = add_verb(app, "serve", "run the workflows as a service, until it is told to stop", job,
                              [&] { return serve_command(session, serve); });
  server->add_option("--listen", serve.listen, "the address, such as 127.0.0.1:8710 (default: the project's)")
      ->type_name("ADDRESS");
  server->add_option("--drain-timeout", serve.drain_timeout, "how long runs may go on when it stops (default: 30s)")
      ->type_name("DURATION");
  CLI::App* pause = add_verb(app, "pause", "switch a workflow off, or everything", job,
                             [&] { return pause_command(session, which); });
  CLI::App* resume = add_verb(app, "resume", "switch it on again", job, [&] { return resume_command(session, which); });
  for (CLI::App* verb : {pause, resume}) {
    verb->add_option("workflow", which.workflow, "its id")->type_name("WORKFLOW");
    verb->add_flag("--all", which.all, "everything");
    add_json(verb, session);
  }
}

CLI::App* add_run_verb(CLI::App& app, const std::string& name, const std::string& help, RunsOptions& options,
                       Session& session, Job& job, Job what) {
  CLI::App* verb = add_verb(app, name, help, job, std::move(what));
  verb->add_option("run", options.run, "its id, such as r06f8w3k2q1m9s")->required()->type_name("RUN");
  add_json(verb, session);
  return verb;
}

void add_runs(CLI::App& app, Session& session, RunsOptions& options, Job& job) {
  CLI::App* runs = app.add_subcommand("runs", "the runs that the store remembers");
  runs->require_subcommand(1);
  CLI::App* list =
      add_verb(*runs, "list", "the newest first", job, [&] { return runs_list_command(session, options); });
  list->add_option("--workflow", options.workflow, "only this one's")->type_name("WORKFLOW");
  list->add_option("--outcome", options.outcome, "only those that ended so, such as failed")->type_name("OUTCOME");
  list->add_option("--since", options.since,
                   "only those that have not ended before, such as 2h or 2026-03-01T09:00:00Z")
      ->type_name("TIME");
  list->add_option("--event", options.event, "only those that this event started")->type_name("EVENT");
  list->add_option("--before", options.before, "only those older than this one: the next page")->type_name("RUN");
  list->add_option("--limit", options.limit, "how many (default: 50)")->check(CLI::Range(1, 1000))->type_name("N");
  add_json(list, session);
  add_run_verb(*runs, "show", "one run, with its steps", options, session, job,
               [&] { return runs_show_command(session, options); });
  CLI::App* retry = add_verb(*runs, "retry", "go on with a run that has ended, or with all that fit", job,
                             [&] { return runs_retry_command(session, options); });
  retry->add_option("run", options.run, "its id, such as r06f8w3k2q1m9s")->type_name("RUN");
  retry->add_option("--from", options.from, "the step to begin with (default: what failed)")->type_name("STEP");
  retry->add_option("--outcome", options.outcome, "all that ended so (default: failed)")->type_name("OUTCOME");
  retry->add_option("--since", options.since, "all that have not ended before, such as 2h or 2026-03-01T09:00:00Z")
      ->type_name("TIME");
  retry->add_option("--workflow", options.workflow, "all of this one's")->type_name("WORKFLOW");
  add_json(retry, session);
  add_run_verb(*runs, "cancel", "call a run off", options, session, job,
               [&] { return runs_cancel_command(session, options); });
  CLI::App* resolve = add_run_verb(*runs, "resolve", "say whether an unsure step happened", options, session, job,
                                   [&] { return runs_resolve_command(session, options); });
  resolve->add_flag("--happened", options.happened, "it did: it is not done again");
  resolve->add_flag("--did-not-happen", options.did_not_happen, "it did not: it is done again");
  resolve->add_option("--step", options.step, "which step, where several are unsure")->type_name("STEP");
  resolve->add_option("--output", options.output, "what the step gave, as JSON")->type_name("JSON");
  CLI::App* undo = add_run_verb(*runs, "undo", "take back what a run has changed: shown first, then asked", options,
                                session, job, [&] { return runs_undo_command(session, options); });
  auto* plan_only = undo->add_flag("--plan", options.plan_only, "only show what would be done");
  undo->add_flag("--yes,--live", options.yes, "do it without asking")->excludes(plan_only);
  CLI::App* approve = add_run_verb(app, "approve", "agree to what a run asks", options, session, job,
                                   [&] { return approve_command(session, options); });
  approve->add_flag("--no", options.no, "refuse it");
  approve->add_option("--comment", options.comment, "why")->type_name("TEXT");
  CLI::App* why =
      add_verb(app, "why", "why a workflow did or did not run", job, [&] { return why_command(session, options); });
  why->add_option("workflow", options.workflow, "its id")->required()->type_name("WORKFLOW");
  why->add_option("--event", options.event, "about this event")->type_name("EVENT");
  add_json(why, session);
}

struct ConnectOptions {
  std::string name;
  bool paste = false;
  std::optional<std::uint64_t> seen;
};

void add_connections(CLI::App& app, Session& session, ConnectOptions& options, Job& job) {
  CLI::App* connections = add_verb(app, "connections", "whether each can be used, and what for", job,
                                   [&] { return connections_command(session); });
  add_json(connections, session);
  connections->require_subcommand(0, 1);
  CLI::App* renew = add_verb(*connections, "renew", "fetch a connection's next tokens now", job,
                             [&] { return connections_renew_command(session, options.name, options.seen); });
  renew->add_option("name", options.name, "the connection")->required()->type_name("CONNECTION");
  renew->add_option("--seen", options.seen, "")->group("");  // for the program itself
  add_json(renew, session);
  CLI::App* connect = add_verb(app, "connect", "let a connection act for you, by agreeing in a browser", job,
                               [&] { return connect_command(session, options.name, options.paste); });
  connect->add_option("name", options.name, "the connection, as millrace.yaml calls it")
      ->required()
      ->type_name("CONNECTION");
  connect->add_flag("--paste", options.paste, "on a machine without a browser: paste what another one was sent to");
  add_json(connect, session);
}

void add_keeping(CLI::App& app, Session& session, std::string& file, Job& job) {
  CLI::App* backup =
      add_verb(app, "backup", "copy the store, while it is in use", job, [&] { return backup_command(session, file); });
  backup->add_option("file", file, "the copy, which must not exist yet")->required()->type_name("FILE");
  CLI::App* restore = add_verb(app, "restore", "put a copy in the place of a store that is not there", job,
                               [&] { return restore_command(session, file); });
  restore->add_option("file", file, "the copy")->required()->type_name("FILE");
  CLI::App* doctor = add_verb(app, "doctor", "look for what is broken, and change nothing", job,
                              [&] { return doctor_command(session); });
  for (CLI::App* verb : {backup, restore, doctor}) add_json(verb, session);
}

/// What is wrong with the words. What stands behind "=" of one that is not known may be a secret: it is not repeated.
std::string told_of(const CLI::ParseError& error) {
  const std::string text = error.what();
  return dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr ? text.substr(0, text.find('=')) : text;
}

/// To words that are none: what is wrong with them, or the help that they ask for.
int answer_to(const CLI::ParseError& error, CLI::App& app, const Session& session) {
  if (error.get_exit_code() == 0) return app.exit(error);
  complain(told_of(error));
  tell_rows(said_of_missing_word(app, session) + row("millrace --help lists what there is"));
  return exit_usage;
}

}  // namespace

int run_command_line(int argc, char** argv) {
  CLI::App app("Runs workflows written as YAML files: see it before it acts, prove it while it runs, undo it after.",
               "millrace");
  Session session;
  RunOptions run;
  CheckOptions check;
  TestOptions testing;
  EvalOptions eval;
  ScheduleOptions schedule;
  ServeOptions serve;
  PeopleOptions people;
  SwitchOptions which;
  RunsOptions runs;
  PluginAddOptions adding;
  SecretOptions secret;
  PluginImportOptions importing;
  PluginNewOptions fresh_plugin;
  ConnectOptions connecting;
  AuditOptions audit;
  FmtOptions layout;
  StartingOptions starting;
  TextOptions texts;
  std::string name, plan_file, copy, shell, schema = "workflow";
  std::vector<std::string> arguments;
  Job job = [&session] { return overview_command(session); };
  app.add_option("-C", session.folder, "the project's folder (default: this one)")->type_name("DIR");
  add_json(&app, session);
  add_starting(app, session, starting, job);
  add_checking(app, session, check, schema, job);
  add_fmt(app, session, layout, job);
  add_testing(app, session, testing, job);
  add_running(app, session, run, plan_file, job);
  add_service(app, session, serve, which, job);
  add_people(app, session, people, job);
  add_runs(app, session, runs, job);
  add_secret(app, session, secret, job);
  add_audit(app, session, audit, job);
  add_keeping(app, session, copy, job);
  add_connections(app, session, connecting, job);
  add_catalog(app, session, name, job);
  add_plugin(app, session, name, adding, importing, fresh_plugin, job);
  add_schedule(app, session, schedule, job);
  add_texts(app, session, texts, job);
  add_permissions(app, session, name, job);
  add_completion(app, shell, job);
  add_eval(app, session, eval, job);
  add_tools(app, session, arguments, job);
  app.require_subcommand(0, 1);
  app.fallthrough(false);
  // Before anything is parsed: what is completed is rarely right as it is.
  if (argc > 1 && std::string_view(argv[1]) == "complete") return complete(app, session, {argv + 2, argv + argc});
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return answer_to(error, app, session);
  }
  return job();
}

}  // namespace millrace
