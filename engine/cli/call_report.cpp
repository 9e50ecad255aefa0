#include "cli/call_report.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>

#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/cli.hpp"
#include "cli/history.hpp"
#include "cli/input.hpp"
#include "service/foresight.hpp"
#include "value/or_null.hpp"
#include "value/time.hpp"
#include "workflow/connections.hpp"

namespace millrace {

namespace {

/// For people: nobody wants it finer.
std::string about(Duration time) {
  using std::chrono::hours;
  using std::chrono::minutes;
  using std::chrono::seconds;
  if (time < std::chrono::milliseconds(1500)) return "about a second";
  if (time < seconds(90)) return "about " + std::to_string(std::chrono::round<seconds>(time).count()) + " seconds";
  if (time < minutes(90)) return "about " + std::to_string(std::chrono::round<minutes>(time).count()) + " minutes";
  return "about " + std::to_string(std::chrono::round<hours>(time).count()) + " hours";
}

std::string share_of_day(const CallCosts& cost) {
  if (!cost.day_most || *cost.day_most <= 0) return "";
  const std::int64_t percent = cost.calls.all() * 100 / *cost.day_most;
  return ", " + (percent == 0 ? "less than 1" : std::to_string(percent)) + " percent of the " +
         std::to_string(*cost.day_most) + " of a day";
}

/// A plan that could not simulate everything, or did not get to its end, knows only what it came to.
bool at_least(const std::vector<RunReport>& runs) {
  return std::any_of(runs.begin(), runs.end(), [](const RunReport& run) {
    const bool ended = run.outcome == RunOutcome::completed || run.outcome == RunOutcome::skipped;
    return !ended || run.undecided || !run.record.notes.empty();
  });
}

std::filesystem::path planned_file(const Host& host) {
  return planned_calls_file(store_file(host.folder, host.project));
}

/// Of a run that has no past, and no plan, only what is left of the day is known. Where that is little it is said.
void tell_what_is_left(Host& host, const Workflow& workflow, const std::string& location) {
  constexpr std::int64_t little = 20;  // less than the twentieth part
  std::set<std::string> told;
  each_action(workflow, [&](const ActionStep& step) {
    const Action* action = host.catalog.find_action(step.action);
    if (action == nullptr) return;
    const auto connection = connection_of(*action, step.connection, host.project, host.catalog);
    if (!connection || *connection == nullptr || !told.insert((*connection)->name).second) return;
    const auto budget = host.courier->budget((*connection)->name, location);
    if (!budget || !budget->day_left || !budget->day_most || *budget->day_left * little >= *budget->day_most) return;
    tell("note: how many calls this run makes is not known, and " + std::to_string(*budget->day_left) + " of the " +
         std::to_string(*budget->day_most) + " of a day to " + (*connection)->name +
         (location.empty() ? "" : " for " + location) + " are left: \"millrace plan " + workflow.id + "\" counts them");
  });
}

}  // namespace

std::vector<CallCosts> costs_of(const std::vector<RunReport>& runs, const Courier& courier) {
  CallCounts counts;
  for (const RunReport& run : runs) add_calls(counts, run.record.calls);
  return costs_of(counts, courier);
}

Map encode_costs(const std::vector<CallCosts>& costs, const std::vector<RunReport>& runs, bool live) {
  Value::List list;
  for (const CallCosts& cost : costs) {
    Map members;
    members.set("connection", cost.calls.connection);
    members.set("location", text_or_null(cost.calls.location));
    members.set("reads", cost.calls.reads);
    members.set("writes", cost.calls.writes);
    members.set("calls", cost.calls.all());
    members.set("day_left", number_or_null(cost.day_left));
    members.set("day_most", number_or_null(cost.day_most));
    if (!live) {
      members.set("seconds",
                  std::chrono::duration<double>(std::chrono::ceil<std::chrono::milliseconds>(cost.takes)).count());
      members.set("fits_today", cost.fits_today);
    }
    list.emplace_back(std::move(members));
  }
  Map document;
  document.set("calls", Value(std::move(list)));
  if (!live) document.set("calls_at_least", at_least(runs));
  return document;
}

std::string render_costs(const std::vector<CallCosts>& costs, const std::vector<RunReport>& runs) {
  std::string text;
  for (const CallCosts& cost : costs) {
    text += row(std::string("  ") + (at_least(runs) ? "at least " : "") +
                counted(static_cast<std::size_t>(cost.calls.all()), "call") + " to " + cost.calls.connection +
                (cost.calls.location.empty() ? "" : " for " + cost.calls.location) + ": " + about(cost.takes) +
                share_of_day(cost));
  }
  if (const std::string why = too_many_for_today(costs); !why.empty()) text += row("  ! " + why);
  return text;
}

Status recall_days(Host& host) {
  recall_planned_days(planned_file(host), *host.courier, now_utc());
  return wait_for(host.loop, recall_days(host.store->journal(), *host.courier, now_utc()));
}

bool may_begin_today(const std::vector<CallCosts>& costs, bool agreed) {
  const std::string why = too_many_for_today(costs);
  if (why.empty()) return true;
  if (agreed) {
    tell("note: " + why);
    return true;
  }
  if (ask_yes(why + ". Begin all the same?").value_or(false)) return true;
  complain("not begun: " + why + "; --yes begins it all the same");
  return false;
}

bool may_begin_today(Host& host, const Workflow& workflow, const std::vector<std::string>& locations, bool agreed) {
  CallCounts counts;
  std::vector<std::string> not_known;
  for (const std::string& location : locations) {
    const auto last = wait_for(host.loop, last_calls(host.store->journal(), workflow.id, location));
    CallCounts calls = last ? *last : CallCounts();
    if (calls.empty()) calls = planned_calls(planned_file(host), workflow.id, location, *host.courier, now_utc());
    if (calls.empty()) not_known.push_back(location);
    add_calls(counts, calls);
  }
  if (!may_begin_today(costs_of(counts, *host.courier), agreed)) return false;
  for (const std::string& location : not_known) tell_what_is_left(host, workflow, location);
  return true;
}

void keep_planned(Host& host, const std::string& workflow, const std::vector<RunReport>& runs) {
  for (const RunReport& run : runs) {
    const bool whole = run.outcome == RunOutcome::completed;
    const auto kept = keep_planned_calls(planned_file(host), workflow, run.location, run.record.calls, whole,
                                         *host.courier, now_utc());
    if (!kept) log(LogLevel::debug, kept.error().message);
  }
}

}  // namespace millrace
