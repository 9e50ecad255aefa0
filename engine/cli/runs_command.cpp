#include <algorithm>
#include <cstdio>
#include <iterator>
#include <set>
#include <utility>
#include <variant>

#include "api/changed_since.hpp"
#include "api/run_json.hpp"
#include "base/text.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/demand.hpp"
#include "cli/history.hpp"
#include "cli/input.hpp"
#include "cli/texts.hpp"
#include "courier/post.hpp"
#include "crypto/digest.hpp"
#include "host/service_file.hpp"
#include "journal/called_runs.hpp"
#include "runtime/clocks.hpp"
#include "service/why.hpp"
#include "value/json.hpp"
#include "value/time.hpp"
#include "workflow/alarm_actions.hpp"
#include "workflow/list.hpp"
#include "workflow/load.hpp"
#include "yaml/files.hpp"
#include "yaml/rules.hpp"

namespace millrace {

namespace {

constexpr std::size_t longest_text = 300;

Result<RunFilter> filter_of(const RunsOptions& options) {
  RunFilter filter;
  filter.workflow = options.workflow;
  filter.limit = options.limit;
  if (!options.outcome.empty()) filter.outcome = TRY(parse_run_outcome(options.outcome));
  if (!options.since.empty()) filter.since = TRY(since_named(options.since, now_utc()));
  if (!options.before.empty()) {
    filter.before = parse_run_key(options.before);
    if (!filter.before) return Error{ErrorCode::invalid, "\"" + options.before + "\" is no run"};
  }
  if (!options.event.empty()) {
    filter.event = parse_event_key(options.event);
    if (!filter.event) return Error{ErrorCode::invalid, "\"" + options.event + "\" is no event"};
  }
  return filter;
}

std::string standing_of(const RunHead& run) {
  return run.outcome == RunOutcome::running && !run.started ? "queued" : std::string(name_of(run.outcome));
}

std::string line_of(const RunHead& run, const std::string& zone) {
  char text[256];
  const std::string started = run.started ? render_in(zone, *run.started) : "-";
  std::snprintf(text, sizeof text, "%-15s %-24s %-18s %-25s %4lld ", render(run.key).c_str(), run.workflow.c_str(),
                standing_of(run).c_str(), started.c_str(), static_cast<long long>(run.changes));
  const std::string mode = run.live ? "" : "(dry run) ";
  return row(std::string(text) + mode + (run.location.empty() ? "" : run.location + " ") + run.note);
}

/// A time of the document as the project's zone has it.
std::string local_time(const std::string& time, const std::string& zone) {
  const auto known = parse_timestamp(time);
  return known ? render_in(zone, *known) : time;
}

/// What a yes to the question of the run would allow.
std::string text_of_allowed(const Value* allowed) {
  const Value* count = allowed != nullptr ? allowed->find("count") : nullptr;
  if (count == nullptr || !count->is(Kind::integer)) return "";
  std::string text = "  would allow: " + counted(static_cast<std::size_t>(count->integer()), "change") + "\n";
  for (const char* name : {"changes", "notes"}) {
    const Value* lines = allowed->find(name);
    for (const Value& line : lines != nullptr && lines->is_list() ? lines->list() : Value::List())
      text += row("      " + line.text());
  }
  return text;
}

/// "version: 1a2b3c4; since then: ...".
std::string text_of_version(const Value& run) {
  const std::string version = run.text_or("version"), since = run.text_or("changed_since");
  if (version.empty()) return "";
  return row("  version: " + short_name(version) +
             (since.empty() ? ", as the file is now" : "; the file since: " + since));
}

std::string text_of(const Value& run, const std::string& zone) {
  std::string text = row(run.text_or("id") + "  " + run.text_or("workflow") + "  " + run.text_or("outcome") +
                         (run.text_or("mode") == "live" ? "" : " (a dry run: nothing was changed)"));
  const std::set<std::string> times = {"started", "ended", "waits_until"};
  for (const char* name : {"location", "trigger", "event", "started", "ended", "waits_until", "note", "problem"}) {
    const std::string said = run.text_or(name);
    if (said.empty()) continue;
    text += row("  " + std::string(name) + ": " + (times.count(name) > 0 ? local_time(said, zone) : said));
  }
  text += text_of_version(run);
  if (!run.text_or("approve_url").empty()) text += row("  approve: " + run.text_or("approve_url"));
  text += text_of_allowed(run.find("would_allow"));
  for (const Value& step : run.find("steps")->list()) {
    const std::string label = step.text_or("label").empty() ? step.text_or("path") : step.text_or("label");
    std::string line = "  " + step.text_or("path") + "  " + label + "  " + step.text_or("status");
    const Value* attempts = step.find("attempts");
    if (attempts != nullptr && attempts->is(Kind::integer) && attempts->integer() > 1)
      line += " (attempt " + std::to_string(attempts->integer()) + ")";
    text += row(line);
    const Value* error = step.find("error");
    if (error != nullptr && error->is_map()) text += row("      " + error->text_or("message"));
    const Value* output = step.find("output");
    if (output != nullptr && !output->is_null())
      text += row("      gave " + shortened(encode_json(*output), longest_text));
    const std::string unsent = output != nullptr ? not_sent_to(*output) : "";
    if (!unsent.empty()) text += row("      not sent to " + unsent);
  }
  return text;
}

/// As its file has it; that of the alarms is millrace.yaml.
WorkflowToday workflow_today(const Session& session, const std::string& id, const Catalog& catalog) {
  LoadedWorkflow loaded;
  if (id == alarms_workflow) {
    const auto source = read_source(session.folder / "millrace.yaml", "millrace.yaml");
    if (const auto* text = std::get_if<std::shared_ptr<const SourceText>>(&source))
      loaded = load_alarm_actions(*text, catalog);
  } else {
    const auto file = find_workflow_file(session.folder, id);
    if (!file) return {};
    loaded = load_workflow_file(file->path, file->shown_as, catalog);
  }
  if (!loaded.workflow) return {nullptr, has_errors(loaded.findings)};
  return {std::make_shared<const Workflow>(std::move(*loaded.workflow))};
}

/// Every run that fits, in the order in which they began.
Result<std::vector<RunHead>> all_runs(const OpenHistory& history, RunFilter filter) {
  constexpr std::size_t page = 1000;
  filter.limit = page;
  std::vector<RunHead> all;
  while (true) {
    const auto runs = TRY(wait_for(*history.loop, history.store->history().list_runs(filter)));
    all.insert(all.end(), runs.begin(), runs.end());
    if (runs.size() < page) break;
    filter.before = runs.back().key;
  }
  std::reverse(all.begin(), all.end());
  return all;
}

Demand demand_to_retry(RunKey run, const std::string& from) {
  Demand demand;
  demand.path = "runs/" + render(run) + "/retry";
  demand.body = Value::object({{"from", from}});
  demand.offline = [run, from](Control& control) { return control.retry(run, from, who_asks()); };
  demand.done = render(run) + " goes on";
  return demand;
}

/// Whether its caller's step has called another run since: what this one was to do was done by that, or is tried again
/// with it.
bool has_another_in_its_place(const OpenHistory& history, const RunHead& listed) {
  if (listed.trigger != "call") return false;
  History& store = history.store->history();
  const auto call = wait_for(*history.loop, store.read_event(listed.event));
  if (!call) return false;
  const auto replaced = wait_for(*history.loop, was_replaced(store, *call));
  return replaced && *replaced;
}

/// Whether the run goes on already, or has, or another one in its place, because one that called it was tried again.
bool was_taken_up(const OpenHistory& history, const RunHead& listed) {
  if (listed.trigger != "call") return false;
  const auto now = wait_for(*history.loop, history.store->history().read_run(listed.key));
  const bool goes_on = now && (!has_ended(now->head.outcome) || now->head.ended != listed.ended);
  return goes_on || has_another_in_its_place(history, listed);
}

/// Takes out of `runs` those that have another one in their place.
std::vector<RunHead> take_replaced(const OpenHistory& history, std::vector<RunHead>& runs) {
  const auto first = std::stable_partition(runs.begin(), runs.end(),
                                           [&](const RunHead& run) { return !has_another_in_its_place(history, run); });
  std::vector<RunHead> replaced(std::make_move_iterator(first), std::make_move_iterator(runs.end()));
  runs.erase(first, runs.end());
  return replaced;
}

/// Tries each of the runs again; gives how that was answered. Nothing where nobody could be asked, which is told.
std::optional<std::vector<Status>> retry_all(const Session& session, const OpenHistory& history,
                                             const std::vector<RunHead>& runs, const std::string& from, bool& offline) {
  std::vector<Status> answers;
  Messenger messenger(session);
  for (const RunHead& run : runs) {
    const auto said = messenger.put(demand_to_retry(run.key, from));
    if (!said) return std::nullopt;
    offline = offline || (*said && (*said)->offline);
    const bool goes_on = *said || (from.empty() && was_taken_up(history, run));
    answers.push_back(goes_on ? Status(Done{}) : Status(said->error()));
  }
  return answers;
}

int retry_several(const Session& session, RunsOptions options) {
  if (options.outcome.empty()) options.outcome = "failed";
  auto filter = filter_of(options);
  if (!filter) {
    complain(filter.error());
    return exit_usage;
  }
  if (!has_ended(*filter->outcome) || (filter->outcome == RunOutcome::completed && options.from.empty())) {
    complain("runs that are " + options.outcome + " cannot be tried again" +
             (has_ended(*filter->outcome) ? "; name the step to repeat them from with --from" : ""));
    return exit_usage;
  }
  const OpenHistory history = open_history(session);
  if (history.store == nullptr) return history.exit_code;
  auto runs = all_runs(history, std::move(*filter));
  if (!runs) {
    complain(runs.error());
    return exit_code_of(runs.error());
  }
  const std::vector<RunHead> replaced = take_replaced(history, *runs);
  bool offline = false;
  const auto answers = retry_all(session, history, *runs, options.from, offline);
  if (!answers) return exit_cannot_start;
  Value::List retried, refused;
  std::string text;
  for (std::size_t i = 0; i < answers->size(); ++i) {
    const std::string run = render((*runs)[i].key);
    if ((*answers)[i]) {
      retried.emplace_back(run);
      text += row(run + " of " + (*runs)[i].workflow + " goes on");
    } else {
      const std::string why = (*answers)[i].error().message;
      refused.push_back(Value::object({{"run", run}, {"message", why}}));
      complain(run + " of " + (*runs)[i].workflow + ": " + why);
    }
  }
  Value::List left;
  for (const RunHead& run : replaced) {
    left.emplace_back(render(run.key));
    text += row(render(run.key) + " of " + run.workflow + " stays as it is: its caller has called another run since");
  }
  text += counted(retried.size(), "run") + (retried.size() == 1 ? " goes on" : " go on") +
          (offline && !retried.empty() ? " (no service is running; the next one acts on it)\n" : "\n");
  const bool all = refused.empty();
  Map answer;
  answer.set("retried", std::move(retried));
  answer.set("refused", std::move(refused));
  if (!left.empty()) answer.set("replaced", std::move(left));
  print_answer(session, std::move(answer), text);
  return all ? exit_done : exit_failed;
}

}  // namespace

int runs_list_command(const Session& session, const RunsOptions& options) {
  auto filter = filter_of(options);
  if (!filter) {
    complain(filter.error());
    return exit_usage;
  }
  const OpenHistory history = open_history(session);
  if (history.store == nullptr) return history.exit_code;
  const auto runs = wait_for(*history.loop, history.store->history().list_runs(std::move(*filter)));
  if (!runs) {
    complain(runs.error());
    return exit_code_of(runs.error());
  }
  std::string text = runs->empty() ? "no runs\n" : "";
  for (const RunHead& run : *runs) text += line_of(run, history.project->timezone);
  print_answer(session, encode_runs(*runs), text);
  return exit_done;
}

int runs_show_command(const Session& session, const RunsOptions& options) {
  const auto key = run_named(options.run);
  if (!key) return exit_usage;
  const OpenHistory history = open_history(session);
  if (history.store == nullptr) return history.exit_code;
  auto stored = wait_for(*history.loop, history.store->history().read_run(*key));
  if (!stored) {
    complain(stored.error());
    return exit_code_of(stored.error());
  }
  const Catalog catalog = open_catalog(session);
  const Project& project = *history.project;
  const ReadRun run = read_began(std::move(*stored), catalog);
  Value since = changed_since(run, workflow_today(session, run.stored.head.workflow, catalog), catalog, project);
  const Value document = encode_stored_run(run, approval_links(session.folder, project), std::move(since));
  print_answer(session, document, text_of(document, project.timezone));
  return exit_done;
}

int runs_cancel_command(const Session& session, const RunsOptions& options) {
  const auto key = run_named(options.run);
  if (!key) return exit_usage;
  Demand demand;
  demand.path = "runs/" + render(*key) + "/cancel";
  demand.offline = [key](Control& control) { return control.cancel(*key, who_asks()); };
  demand.done = render(*key) + " is called off";
  return put_demand(session, demand);
}

int runs_retry_command(const Session& session, const RunsOptions& options) {
  const bool several = !options.outcome.empty() || !options.since.empty() || !options.workflow.empty();
  if (several == !options.run.empty()) {
    complain(several ? "name one run, or say which with --outcome, --since and --workflow; not both"
                     : "name a run, or say which with --outcome, --since and --workflow");
    return exit_usage;
  }
  if (several) return retry_several(session, options);
  const auto key = run_named(options.run);
  if (!key) return exit_usage;
  return put_demand(session, demand_to_retry(*key, options.from));
}

int runs_resolve_command(const Session& session, const RunsOptions& options) {
  const auto key = run_named(options.run);
  if (!key) return exit_usage;
  if (options.happened == options.did_not_happen) {
    complain("say what you found out: --happened or --did-not-happen");
    return exit_usage;
  }
  Resolution resolution;
  resolution.step = options.step;
  resolution.happened = options.happened;
  if (!options.output.empty()) {
    auto output = parse_json(options.output, from_outside);
    if (!output) {
      complain(output.error().within("--output"));
      return exit_usage;
    }
    resolution.output = std::move(*output);
  }
  Demand demand;
  demand.path = "runs/" + render(*key) + "/resolve";
  demand.body =
      Value::object({{"step", resolution.step}, {"happened", resolution.happened}, {"output", resolution.output}});
  demand.offline = [key, resolution](Control& control) { return control.resolve(*key, resolution, who_asks()); };
  demand.done = render(*key) + " goes on: the step " + (resolution.happened ? "counts as done" : "is done again");
  return put_demand(session, demand);
}

int approve_command(const Session& session, const RunsOptions& options) {
  const auto key = run_named(options.run);
  if (!key) return exit_usage;
  const bool yes = !options.no;
  Demand demand;
  demand.path = "runs/" + render(*key) + "/approve";
  demand.body = Value::object({{"yes", yes}, {"comment", options.comment}});
  demand.offline = [key, yes, &options](Control& control) {
    return control.approve(*key, {yes, options.comment}, who_asks());
  };
  demand.done = render(*key) + (yes ? " is approved" : " is rejected");
  return put_demand(session, demand);
}

int why_command(const Session& session, const RunsOptions& options) {
  WhyQuestion question;
  question.workflow = options.workflow;
  if (!options.event.empty()) {
    question.event = parse_event_key(options.event);
    if (!question.event) {
      complain("\"" + options.event +
               "\" is no event: events are called like e06f8w3k2q1m9s; \"millrace runs list\" names them");
      return exit_usage;
    }
  }
  const OpenHistory history = open_history(session);
  if (history.store == nullptr) return history.exit_code;
  const Catalog catalog = open_catalog(session);
  const auto reasons = wait_for(*history.loop, why(std::move(question), session.folder.string(), *history.project,
                                                   catalog, *history.store, now_utc()));
  if (!reasons) {
    complain(reasons.error());
    return exit_code_of(reasons.error());
  }
  Value::List list;
  std::string text;
  for (const std::string& reason : *reasons) {
    list.emplace_back(reason);
    text += "- " + reason + "\n";
  }
  print_answer(session, Value::object({{"workflow", options.workflow}, {"reasons", Value(std::move(list))}}), text);
  return exit_done;
}

}  // namespace millrace
