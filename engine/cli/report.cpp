#include "cli/report.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <set>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "cli/cli.hpp"
#include "decider/run_state.hpp"
#include "gate/encode_change.hpp"
#include "rehearsal/plan_file.hpp"
#include "value/json.hpp"
#include "value/list_of.hpp"

namespace millrace {

namespace {

Value encode(const std::optional<Error>& error) {
  if (!error) return Value();
  Value at;
  if (error->at && error->at->source != nullptr) {
    at = Value::object({{"file", error->at->source->name},
                        {"line", std::int64_t{error->at->line}},
                        {"column", std::int64_t{error->at->column}}});
  }
  Map members = failure_value(*error).map();
  members.set("at", at);
  return Value(std::move(members));
}

std::vector<std::string> notes_of(const RunReport& run) {
  std::vector<std::string> notes = run.notes;
  notes.insert(notes.end(), run.record.notes.begin(), run.record.notes.end());
  return notes;
}

std::optional<Error> error_of(const RunReport& run) { return run.error ? run.error : run.record.limit; }

Value encode(const RunReport& run) {
  Value::List changes, steps;
  for (const Change& change : run.record.changes) changes.push_back(encode_change(change));
  for (const StepReport& step : run.steps) {
    steps.push_back(Value::object({{"step", step.step},
                                   {"action", step.action.empty() ? Value() : Value(step.action)},
                                   {"outcome", step.outcome},
                                   {"error", step.error ? failure_value(*step.error) : Value()}}));
  }
  Map members = Value::object({{"run", render(run.key)},
                               {"location", run.location.empty() ? Value() : Value(run.location)},
                               {"outcome", name_of(outcome_of(run))},
                               {"changes", Value(std::move(changes))},
                               {"reads", run.record.reads},
                               {"writes", run.record.writes},
                               {"output", run.output},
                               {"steps", Value(std::move(steps))},
                               {"notes", list_of(notes_of(run))},
                               {"error", encode(error_of(run))}})
                    .map();
  if (run.asks) members.set("asks", render(*run.asks));
  return Value(std::move(members));
}

struct Sign {
  const char* text;
  const char* colour;
};

Sign sign_of(Effect effect) {
  switch (effect) {
    case Effect::create:
      return {"+", "32"};
    case Effect::update:
      return {"~", "33"};
    case Effect::remove:
      return {"-", "31"};
    case Effect::send:
      return {">", "36"};
    case Effect::none:
    case Effect::read:
      return {" ", "0"};
  }
  return {" ", "0"};
}

std::string line_of(const Change& change, bool colours) {
  const Sign sign = sign_of(change.effect);
  std::string line = colours ? std::string("  \033[") + sign.colour + "m" + sign.text + "\033[0m "
                             : std::string("  ") + sign.text + " ";
  line += printable(change.summary) + "  (" + printable(change.step) + ")\n";
  if (change.method.empty()) return line;
  const std::string url = change.url.is_text() ? change.url.text() : encode_json(change.url);
  line += "      " + change.method + " " + printable(url) +
          (change.body.is_null() ? "" : " " + printable(encode_json(change.body))) + "\n";
  return line;
}

std::string closing_line(const RunReport& run, bool live) {
  const std::string reads = counted(static_cast<std::size_t>(run.record.reads), "read");
  const std::string changes = counted(run.record.changes.size(), "change");
  switch (outcome_of(run)) {
    case RunOutcome::completed:
      if (run.record.changes.empty()) return "nothing to change (" + reads + ")";
      return live ? "done: " + changes + ", " + reads : changes + " would be made (" + reads + "); nothing was written";
    case RunOutcome::skipped:
      return "skipped: the workflow stopped itself before the end (" + reads + ")";
    case RunOutcome::stopped_by_safety:
      return "stopped by a safety limit; " + (live ? changes + " had been made before" : "nothing was written");
    case RunOutcome::parked:
      if (run.error && run.error->code == ErrorCode::unconnected)
        return live ? "parked: a connection needs you; then \"millrace runs retry " + render(run.key) +
                          "\" goes on with it"
                    : "parked: a connection needs you; nothing was written";
      return "parked: it is not known whether the last write happened; look at the far side before running this again";
    case RunOutcome::cancelled:
      return "called off after " + changes;
    case RunOutcome::failed:
      if (!live || run.record.changes.empty()) return "failed; nothing was written";
      return "failed; what is listed was done, or may have been";
    case RunOutcome::waiting:
      return "waits for an approval: \"millrace approve " + render(run.asks.value_or(run.key)) +
             "\" gives it, and the service goes on with it";
    case RunOutcome::running:
      return "still under way";
  }
  return "";
}

}  // namespace

Value encode_runs(const std::string& workflow, bool live, const std::vector<RunReport>& runs) {
  Value::List changes, encoded;
  std::int64_t reads = 0, writes = 0;
  for (const RunReport& run : runs) {
    reads += run.record.reads;
    writes += run.record.writes;
    for (const Change& change : run.record.changes) changes.push_back(encode_change(change));
    encoded.push_back(encode(run));
  }
  return Value::object({{"workflow", workflow},
                        {"mode", live ? "live" : "dry_run"},
                        {"reads", reads},
                        {"writes", writes},
                        {"changes", Value(std::move(changes))},
                        {"runs", Value(std::move(encoded))}});
}

std::string render_runs(const std::string& workflow, bool live, const std::vector<RunReport>& runs, bool colours) {
  std::string text;
  for (const RunReport& run : runs) {
    text += row((live ? "Run of " : "Plan of ") + workflow + (run.location.empty() ? "" : " for " + run.location));
    for (const Change& change : run.record.changes) text += line_of(change, colours);
    for (const std::string& note : notes_of(run)) text += row("  ? " + note);
    std::set<std::string_view> told;  // a block fails with the words of the step in it
    for (const StepReport& step : run.steps) {
      if (step.outcome == "succeeded" || !step.error) continue;
      const std::string& why = step.error->message;
      const bool of_the_run = run.error && run.error->message.find(why) != std::string::npos;
      if (!of_the_run && told.insert(why).second) text += row("  ! " + why);
    }
    text += "  " + closing_line(run, live) + "\n";
  }
  return text;
}

void print_runs(const Session& session, const std::string& workflow, bool live, const std::vector<RunReport>& runs,
                const Map& besides) {
  if (session.json) {
    Map document = encode_runs(workflow, live, runs).map();
    for (const auto& [name, value] : besides) document.set(name, value);
    print_json(Value(std::move(document)));
  } else {
    const bool colours = isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
    std::fputs(render_runs(workflow, live, runs, colours).c_str(), stdout);
  }
  for (const RunReport& run : runs) {
    if (run.error && run.outcome != RunOutcome::skipped)
      complain(*run.error);
    else if (run.record.limit)
      complain(*run.record.limit);
  }
}

int exit_code_of(const std::vector<RunReport>& runs, bool detailed) {
  int code = exit_done;
  bool changes = false;
  for (const RunReport& run : runs) {
    changes = changes || !run.record.changes.empty();
    const RunOutcome outcome = outcome_of(run);
    if (outcome == RunOutcome::failed || outcome == RunOutcome::parked) return exit_failed;
    if (outcome == RunOutcome::waiting && code == exit_done) code = exit_waits;
    if (outcome == RunOutcome::stopped_by_safety) code = exit_safety;
  }
  return code == exit_done && detailed && changes ? static_cast<int>(exit_changes) : code;
}

}  // namespace millrace
