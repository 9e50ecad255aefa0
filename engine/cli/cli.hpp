#pragma once

namespace millrace {

/// What the program returns to the shell.
enum ExitCode : int {
  exit_done = 0,            ///< it is done, and nothing is wrong
  exit_failed = 1,          ///< findings, a failed test, a failed run
  exit_usage = 2,           ///< the words of the command line cannot be understood
  exit_cannot_start = 3,    ///< no project, connection or secret
  exit_waits = 4,           ///< a run waits for an approval
  exit_safety = 5,          ///< stopped by a safety limit
  exit_changes = 6,         ///< the plan holds changes, with --detailed-exitcode
  exit_configuration = 78,  ///< serve: the project or its store cannot be used as it is
};

/// Reads the command line, does what it says, and returns the exit code.
int run_command_line(int argc, char** argv);

}  // namespace millrace
