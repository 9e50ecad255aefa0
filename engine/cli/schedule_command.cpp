#include <algorithm>
#include <cstdio>

#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "schedule/preview.hpp"
#include "trigger/schedule_trigger.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

struct Previewed {
  const TriggerSpec* spec;
  ScheduleTrigger schedule;
  std::vector<PreviewSlot> next;
  std::size_t in_a_row;  ///< so many of `next` follow each other; behind them are days on which the clocks change
};

Value as_json(const Previewed& one) {
  Value::List next;
  for (const PreviewSlot& slot : one.next) {
    next.push_back(Value::object(
        {{"at", render(slot.at)}, {"local", slot.local}, {"note", slot.note.empty() ? Value() : Value(slot.note)}}));
  }
  return Value::object(
      {{"schedule", one.spec->name},
       {"words", in_words(one.schedule.calendar.schedule())},
       {"timezone", one.schedule.calendar.zone()},
       {"if_missed", one.spec->settings.text_or("if_missed", "run_once")},
       {"spread", one.schedule.spread > Duration::zero() ? Value(render(one.schedule.spread)) : Value()},
       {"next", Value(std::move(next))}});
}

void print_preview(const Previewed& one, const std::string& workflow) {
  const std::string words = in_words(one.schedule.calendar.schedule());
  print(one.spec->kind + ": " + one.spec->name + " (" + words + ", in " + one.schedule.calendar.zone() + ")");
  if (one.schedule.spread > Duration::zero()) {
    const std::string delay = render(one.schedule.delay_of(workflow));
    std::printf("  each run begins %s later: this workflow's part of the spread\n", delay.c_str());
  }
  if (one.next.empty()) std::printf("  never: no such day comes within eight years\n");
  for (std::size_t at = 0; at < one.next.size(); ++at) {
    if (at == one.in_a_row) std::printf("  then, of the days on which the clocks change:\n");
    const PreviewSlot& slot = one.next[at];
    const std::string local = slot.local.substr(0, 10) + " " + slot.local.substr(11, 5);
    std::printf("  %-9s  %s  %s  %s\n", std::string(weekday_name(slot.civil.weekday)).c_str(), local.c_str(),
                render(slot.at).c_str(), slot.note.c_str());
  }
}

}  // namespace

int schedule_preview_command(const Session& session, const ScheduleOptions& options) {
  Timestamp from = now_utc();
  if (!options.from.empty()) {
    const auto time = parse_timestamp(options.from);
    if (!time) {
      complain(time.error().within("--from"));
      return exit_usage;
    }
    from = *time;
  }
  const Catalog catalog = open_catalog(session);
  const auto project = open_project(session);
  if (!project) return exit_cannot_start;
  const OpenedWorkflow opened = open_workflow(session, options.workflow, catalog, *project);
  if (!opened.workflow) return opened.exit_code;
  std::vector<Previewed> found;
  for (const TriggerSpec& spec : opened.workflow->triggers) {
    if (spec.kind != "schedule" && spec.kind != "cron") continue;
    auto schedule = schedule_of(spec, project->timezone);
    if (!schedule) {
      complain(schedule.error());
      return exit_failed;
    }
    const auto in_a_row = static_cast<std::size_t>(std::max(options.count, 0));
    auto next = preview(schedule->calendar, from, in_a_row);
    found.push_back({&spec, std::move(*schedule), std::move(next), in_a_row});
  }
  if (session.json) {
    Value::List triggers;
    for (const Previewed& one : found) triggers.push_back(as_json(one));
    const Value shown = Value::object({{"workflow", opened.workflow->id}, {"triggers", Value(std::move(triggers))}});
    print(encode_json(shown));
    return exit_done;
  }
  if (found.empty()) print(opened.workflow->id + " has no schedule: add  - schedule: every monday at 09:00");
  for (const Previewed& one : found) print_preview(one, opened.workflow->id);
  return exit_done;
}

}  // namespace millrace
