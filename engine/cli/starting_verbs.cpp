#include "cli/complete.hpp"
#include "cli/verbs.hpp"

namespace millrace {

void add_fmt(CLI::App& app, Session& session, FmtOptions& options, Job& job) {
  CLI::App* fmt = add_verb(app, "fmt", "lay files out: indentation, blanks and line ends, and nothing else", job,
                           [&] { return fmt_command(session, options); });
  fmt->add_option("path", options.paths, "files, workflows or folders, or - for stdin (default: the whole project)")
      ->type_name("PATH");
  fmt->add_flag("--check", options.check, "write nothing; name the files that would change, and exit 1 for them");
  fmt->add_flag("--diff", options.diff, "write nothing; show what would change");
  add_json(fmt, session);
}

void add_completion(CLI::App& app, std::string& shell, Job& job) {
  CLI::App* completion = add_verb(app, "completion", "print what lets a shell complete what you type", job,
                                  [&] { return completion_command(shell); });
  completion->add_option("shell", shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->type_name("SHELL");
}

void add_plugin_new(CLI::App& plugin, Session& session, PluginNewOptions& options, Job& job) {
  CLI::App* fresh =
      add_verb(plugin, "new", "begin a plugin of your own", job, [&] { return plugin_new_command(session, options); });
  fresh->add_option("name", options.name, "its name, such as weather")->required()->type_name("NEW");
  fresh->add_option("--kind", options.kind, "manifest (requests, no code), c or cpp (default: manifest)")
      ->check(CLI::IsMember({"manifest", "c", "cpp"}))
      ->type_name("KIND");
  add_json(fresh, session);
}

void add_starting(CLI::App& app, Session& session, StartingOptions& options, Job& job) {
  CLI::App* init = add_verb(app, "init", "begin a project that works at once, against the sandbox", job,
                            [&] { return init_command(session, options); });
  init->add_option("folder", options.folder, "its folder, made where it is missing (default: this one)")
      ->type_name("DIR");
  add_json(init, session);
  CLI::App* fresh =
      add_verb(app, "new", "begin a workflow, from a template", job, [&] { return new_command(session, options); });
  fresh->add_option("name", options.name, "its id: the name of its file without .yaml")->type_name("NAME");
  fresh->add_option("--template", options.template_name, "what it begins as")->type_name("TEMPLATE");
  fresh->add_option("--set", options.said, "an answer, such as --set every=5m; may be given often")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  fresh->add_flag("--yes", options.yes, "take what is offered for what is not answered");
  fresh->add_flag("--list", options.list, "show the templates");
  add_json(fresh, session);
}

}  // namespace millrace
