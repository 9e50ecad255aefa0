#include "api/run_json.hpp"

#include <optional>
#include <string>
#include <utility>

#include "api/approval_question.hpp"
#include "decider/run_state.hpp"
#include "decider/story.hpp"
#include "value/or_null.hpp"
#include "value/time.hpp"
#include "workflow/load.hpp"

namespace millrace {

namespace {

Value encode_steps(const Story& story, const Workflow* workflow) {
  Value::List list;
  for (const auto& [path, told] : story.steps) {
    Map members = head_of_step(path, told, workflow);
    members.set("input", told.input);
    members.set("output", told.output);
    list.emplace_back(std::move(members));
  }
  return Value(std::move(list));
}

Map members_of(const RunHead& run) {
  Map members;
  members.set("id", render(run.key));
  members.set("workflow", run.workflow);
  members.set("event", run.event == EventKey{} ? Value() : Value(render(run.event)));
  members.set("outcome", name_of(run.outcome));
  members.set("started", time_or_null(run.started));
  members.set("ended", time_or_null(run.ended));
  members.set("changes", run.changes);
  members.set("queued", run.outcome == RunOutcome::running && !run.started);
  members.set("mode", run.live ? "live" : "dry_run");
  members.set("trigger", text_or_null(run.trigger));
  members.set("location", text_or_null(run.location));
  members.set("made", render(made_at(run.key)));
  members.set("waits_until", time_or_null(run.wake_at));
  members.set("note", text_or_null(run.note));
  return members;
}

/// {count, changes, notes}; null where it is not known.
Value would_allow(const Value& facts) {
  if (!facts.is_map()) return {};
  Map members;
  for (const char* name : {"count", "changes", "notes"}) {
    if (const Value* member = facts.find(name)) members.set(name, *member);
  }
  return Value(std::move(members));
}

}  // namespace

Map head_of_step(const StepPath& path, const StepStory& told, const Workflow* workflow) {
  const Step* step = workflow != nullptr ? &step_at(*workflow, path) : nullptr;
  const ActionStep* action = step != nullptr ? std::get_if<ActionStep>(&step->what) : nullptr;
  const bool under_way = told.under_way(), waits = told.waits();
  Map members;
  members.set("path", render(path));
  members.set("id", step != nullptr ? text_or_null(step->id) : Value());
  members.set("action", action != nullptr ? Value(action->action) : Value());
  members.set("label", workflow != nullptr ? text_or_null(label_of(*workflow, path)) : Value());
  members.set("status", waits ? "waiting" : name_of(told.status));
  members.set("attempts", told.attempts);
  members.set("started", time_or_null(told.started));
  members.set("ended", under_way ? Value() : time_or_null(told.ended));
  members.set("waits_for", !waits ? Value() : told.asks ? Value("approval") : Value("time"));
  members.set("waits_until", under_way ? time_or_null(told.waits_until) : Value());
  members.set("error", told.failure ? failure_value(*told.failure) : Value());
  return members;
}

Value encode_run(const RunHead& run) { return Value(members_of(run)); }

Value encode_runs(const std::vector<RunHead>& runs) {
  Value::List list;
  for (const RunHead& run : runs) list.push_back(encode_run(run));
  return Value::object({{"runs", Value(std::move(list))}});
}

ReadRun read_began(StoredRun run, const Catalog& catalog) {
  LoadedWorkflow loaded = load_version(run.head.workflow, run.text, catalog);
  ReadRun read = {std::move(run), nullptr};
  if (loaded.workflow) read.began = std::make_shared<const Workflow>(std::move(*loaded.workflow));
  return read;
}

Map head_of_stored_run(const ReadRun& run, const ApprovalLinks& links, Value changed_since) {
  const RunHead& head = run.stored.head;
  Map members = members_of(head);
  members.set("version", head.version);
  members.set("changed_since", std::move(changed_since));
  members.set("problem", text_or_null(run.stored.unreadable));
  const auto question = run.began != nullptr ? find_question(run.stored, *run.began) : std::nullopt;
  members.set("approve_url", question ? text_or_null(links.to(head.key)) : Value());
  members.set("would_allow", question ? would_allow(question->facts) : Value());
  return members;
}

Value encode_stored_run(const ReadRun& run, const ApprovalLinks& links, Value changed_since) {
  Story story;
  for (const RunEvent& event : run.stored.events) story.hear(event);
  Map members = head_of_stored_run(run, links, std::move(changed_since));
  members.set("payload", run.stored.event.payload);
  if (!run.stored.event.delivery.is_null()) members.set("delivery", run.stored.event.delivery);
  members.set("steps", encode_steps(story, run.began.get()));
  members.set("change_list", Value(story.changes));
  return Value(std::move(members));
}

Value encode_event(const EventHead& event) {
  return Value::object({{"id", render(event.key)},
                        {"source", event.source},
                        {"source_id", text_or_null(event.id)},
                        {"at", render(event.at)},
                        {"runs", event.runs}});
}

Value encode_event(const EventRecord& event) {
  Map members;
  members.set("id", render(event.key));
  members.set("source", event.source);
  members.set("source_id", text_or_null(event.id));
  members.set("at", render(event.at));
  members.set("payload", event.payload);
  if (!event.delivery.is_null()) members.set("delivery", event.delivery);
  return Value(std::move(members));
}

Result<Timestamp> since_named(const std::string& text, Timestamp now) {
  if (const auto ago = parse_duration(text); ago && *ago >= Duration::zero()) return add(now, -*ago);
  const auto time = parse_timestamp(text);
  if (time) return *time;
  return Error{ErrorCode::invalid,
               "\"" + text + "\" is no time: say how long ago, such as 2h, or when, such as 2026-03-01T09:00:00Z"};
}

}  // namespace millrace
