#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <utility>

#include "cli/commands.hpp"

namespace millrace {

/// What is done once the words are understood; gives the exit code.
using Job = std::function<int()>;

inline CLI::App* add_verb(CLI::App& app, const std::string& name, const std::string& help, Job& job, Job what) {
  CLI::App* verb = app.add_subcommand(name, help);
  // CLI11 calls the verb back after its sub-verb, which has spoken then.
  verb->callback([&job, verb, what = std::move(what)] {
    if (verb->get_subcommands().empty()) job = what;
  });
  return verb;
}

inline void add_json(CLI::App* verb, Session& session) {
  verb->add_flag("--json", session.json, "one JSON document on stdout, nothing else");
}

// Verbs with words of their own below them, each in a file of its own.
void add_secret(CLI::App& app, Session& session, SecretOptions& options, Job& job);
void add_audit(CLI::App& app, Session& session, AuditOptions& options, Job& job);
void add_plugin_new(CLI::App& plugin, Session& session, PluginNewOptions& options, Job& job);
void add_completion(CLI::App& app, std::string& shell, Job& job);
void add_eval(CLI::App& app, Session& session, EvalOptions& options, Job& job);
void add_fmt(CLI::App& app, Session& session, FmtOptions& options, Job& job);
void add_starting(CLI::App& app, Session& session, StartingOptions& options, Job& job);
void add_people(CLI::App& app, Session& session, PeopleOptions& options, Job& job);
void add_texts(CLI::App& app, Session& session, TextOptions& options, Job& job);

}  // namespace millrace
