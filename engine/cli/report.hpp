#pragma once

#include <string>
#include <vector>

#include "cli/session.hpp"
#include "gate/gate.hpp"
#include "runtime/engine.hpp"
#include "value/value.hpp"

namespace millrace {

/// What `plan --json` and `run --json` print; the shape is in docs/reference.md.
Value encode_runs(const std::string& workflow, bool live, const std::vector<RunReport>& runs);

/// The same for people: the change list, what could not be known, how it ended.
std::string render_runs(const std::string& workflow, bool live, const std::vector<RunReport>& runs, bool colours);

/// Prints the runs on stdout, as the session wants it, and their errors on stderr. `besides`: further members of the
/// JSON document.
void print_runs(const Session& session, const std::string& workflow, bool live, const std::vector<RunReport>& runs,
                const Map& besides = {});

/// `detailed`: tell by the code that there are changes.
int exit_code_of(const std::vector<RunReport>& runs, bool detailed);

}  // namespace millrace
