#pragma once

#include <string>
#include <vector>

#include "cli/session.hpp"
#include "courier/call_costs.hpp"
#include "host/host.hpp"
#include "runtime/engine.hpp"
#include "value/value.hpp"

namespace millrace {

/// What the calls of the runs cost, or in a plan would cost, as far as the courier knows.
std::vector<CallCosts> costs_of(const std::vector<RunReport>& runs, const Courier& courier);

/// The members of what `plan --json` and `run --json` print: {calls, calls_at_least}. `live`: they were made.
Map encode_costs(const std::vector<CallCosts>& costs, const std::vector<RunReport>& runs, bool live);
/// The same of a plan for people, a line for each connection and location.
std::string render_costs(const std::vector<CallCosts>& costs, const std::vector<RunReport>& runs);

/// Tells the courier what was learnt of the day before, so that a plan knows it, too.
Status recall_days(Host& host);

/// Whether a live run is to begin: where what it costs does not fit into the rest of the day, somebody at the terminal
/// is asked. `agreed`: by --yes. The refusal is printed.
bool may_begin_today(const std::vector<CallCosts>& costs, bool agreed);
/// The same by the calls that the workflow's last runs at these locations made, else its last plans counted. Where
/// neither is known, and little of the day is left, that is said.
bool may_begin_today(Host& host, const Workflow& workflow, const std::vector<std::string>& locations, bool agreed);

/// Keeps what the plans counted, for the first live runs.
void keep_planned(Host& host, const std::string& workflow, const std::vector<RunReport>& runs);

}  // namespace millrace
