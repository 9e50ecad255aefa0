#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/session.hpp"

namespace millrace {

/// One function a verb. Each returns the exit code (cli.hpp), prints its answer on stdout and its complaints on stderr.

struct CheckOptions {
  std::vector<std::string> paths;  ///< files and folders; empty: millrace.yaml and every workflow of the project
  bool fix = false;
  std::string format = "text";  ///< text | json | sarif | github
};
int check_command(const Session& session, const CheckOptions& options);

struct RunOptions {
  std::string workflow;
  std::string event_file;  ///< a path, "-", or empty for the trigger's example
  bool live = false;
  bool trace = false;
  bool detailed_exit_code = false;
  std::string as_of;  ///< RFC 3339, or empty
  std::string out;    ///< the file to keep the plan in, or empty
};
int plan_command(const Session& session, const RunOptions& options);
int run_command(const Session& session, const RunOptions& options);
int apply_command(const Session& session, const std::string& plan);

int catalog_list_command(const Session& session);
int catalog_show_command(const Session& session, const std::string& name);
int catalog_functions_command(const Session& session);

int plugin_list_command(const Session& session);
int plugin_check_command(const Session& session, const std::string& name);

struct EvalOptions {
  std::string expression;
  std::string bindings_file;  ///< JSON object with the names, a path or "-"
  bool stdio = false;
};
int eval_command(const Session& session, const EvalOptions& options);

int schema_command(const Session& session, const std::string& which);
int sandbox_command(const std::vector<std::string>& arguments);
int version_command(const Session& session);
int overview_command(const Session& session);

}  // namespace millrace
