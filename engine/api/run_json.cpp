#include "api/run_json.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "api/approval_question.hpp"
#include "api/or_null.hpp"
#include "decider/run_state.hpp"
#include "value/time.hpp"
#include "workflow/load.hpp"

namespace millrace {

namespace {

/// What is told of one step. Loops forget their items when they close; the events do not.
struct StepStory {
  StepStatus status = StepStatus::waiting;
  std::int64_t attempts = 0;
  std::optional<Timestamp> started, ended, waits_until;
  Value input, output, error;
  bool waiting = false;
  bool asked = false;  ///< waits for a person
};

/// A line of the change list as people see it, without what the journal keeps beside it.
Value line_of(const Value& made) {
  Map line;
  for (const auto& [name, value] : made.map()) {
    if (name.text() != "key") line.set(name, value);
  }
  return line;
}

class Stories {
 public:
  void hear(const RunEvent& event);
  Value encode(const Workflow* workflow) const;
  Value changes() const { return Value(changes_); }

 private:
  void hear_of_step(StepStory& story, const RunEvent& event);
  void fail(StepStory& story, const RunEvent& event);
  void reopen(const StepPath& from);

  std::map<StepPath, StepStory> stories_;
  Value::List changes_;
};

void Stories::hear(const RunEvent& event) {
  switch (event.type) {
    case RunEvent::Type::run_started:  // a dry run that was interrupted begins again
      stories_.clear();
      changes_.clear();
      return;
    case RunEvent::Type::run_reopened:
      reopen(event.path);
      return;
    case RunEvent::Type::change_made:
      changes_.push_back(line_of(event.data));
      return;
    case RunEvent::Type::vars_set:
    case RunEvent::Type::run_stopping:
    case RunEvent::Type::phase_opened:
    case RunEvent::Type::run_finished:
    case RunEvent::Type::effect_begun:
    case RunEvent::Type::effect_ended:
    case RunEvent::Type::engine_died:
      return;
    case RunEvent::Type::step_started:
    case RunEvent::Type::block_opened:
    case RunEvent::Type::loop_opened:
    case RunEvent::Type::block_closed:
    case RunEvent::Type::step_succeeded:
    case RunEvent::Type::step_failed:
    case RunEvent::Type::step_skipped:
    case RunEvent::Type::step_undecided:
    case RunEvent::Type::handler_opened:
    case RunEvent::Type::cancel_asked:
    case RunEvent::Type::action_failed:
    case RunEvent::Type::step_waiting:
    case RunEvent::Type::answer_given:
    case RunEvent::Type::step_resolved:
      if (!event.path.empty()) hear_of_step(stories_[event.path], event);
      return;
  }
}

void Stories::hear_of_step(StepStory& story, const RunEvent& event) {
  // What the others mean for a step, its own events say: only these change what is told of it.
  if (event.type == RunEvent::Type::step_started) {
    story.status = StepStatus::running;
    ++story.attempts;
    story.input = event.data;
    story.error = Value();
    story.ended.reset();
    if (!story.started) story.started = event.at;
  } else if (event.type == RunEvent::Type::step_succeeded) {
    story.status = StepStatus::succeeded;
    story.output = event.data;
    story.ended = event.at;
  } else if (event.type == RunEvent::Type::step_failed) {
    fail(story, event);
  } else if (event.type == RunEvent::Type::step_skipped || event.type == RunEvent::Type::step_undecided) {
    story.status = StepStatus::skipped;
    story.ended = event.at;
  } else if (event.type == RunEvent::Type::step_waiting) {
    story.status = StepStatus::running;
    story.waits_until = event.at_again;
    story.waiting = event.data.find("run") == nullptr;  // a call is as busy as the run it waits for
    story.asked = event.data.find("message") != nullptr;
  } else if (event.type == RunEvent::Type::answer_given) {
    story.waiting = story.asked = false;
  } else if (event.type == RunEvent::Type::step_resolved) {
    const Value* happened = event.data.find("happened");
    const Value* output = event.data.find("output");
    const bool done = happened != nullptr && happened->is_true();
    story.status = done ? StepStatus::succeeded : StepStatus::waiting;
    story.error = Value();
    if (done && output != nullptr) story.output = *output;
  }
}

void Stories::fail(StepStory& story, const RunEvent& event) {
  story.error = event.failure ? failure_value(*event.failure) : Value();
  story.ended = event.at;
  if (event.at_again) {
    story.status = StepStatus::waiting;
    story.waits_until = event.at_again;
    return;
  }
  story.status = event.failure && event.failure->code == ErrorCode::unsure ? StepStatus::unsure : StepStatus::failed;
}

void Stories::reopen(const StepPath& from) {
  std::erase_if(stories_, [&from](const auto& each) {
    if (each.first.front() != 0) return true;
    if (!from.empty()) return each.first[1] >= from[1];
    return each.second.status == StepStatus::failed || each.second.status == StepStatus::unsure;
  });
}

Value Stories::encode(const Workflow* workflow) const {
  Value::List list;
  for (const auto& [path, story] : stories_) {
    const Step* step = workflow != nullptr ? &step_at(*workflow, path) : nullptr;
    const ActionStep* action = step != nullptr ? std::get_if<ActionStep>(&step->what) : nullptr;
    const bool under_way = story.status == StepStatus::running || story.status == StepStatus::waiting;
    const bool waits = under_way && (story.waiting || story.waits_until);
    list.push_back(Value::object({{"path", render(path)},
                                  {"id", step != nullptr ? text_or_null(step->id) : Value()},
                                  {"action", action != nullptr ? Value(action->action) : Value()},
                                  {"label", workflow != nullptr ? text_or_null(label_of(*workflow, path)) : Value()},
                                  {"status", waits ? "waiting" : name_of(story.status)},
                                  {"attempts", story.attempts},
                                  {"started", time_or_null(story.started)},
                                  {"ended", under_way ? Value() : time_or_null(story.ended)},
                                  {"waits_for", !waits        ? Value()
                                                : story.asked ? Value("approval")
                                                              : Value("time")},
                                  {"waits_until", under_way ? time_or_null(story.waits_until) : Value()},
                                  {"input", story.input},
                                  {"output", story.output},
                                  {"error", story.error}}));
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

}  // namespace

Value encode_run(const RunHead& run) { return Value(members_of(run)); }

Value encode_runs(const std::vector<RunHead>& runs) {
  Value::List list;
  for (const RunHead& run : runs) list.push_back(encode_run(run));
  return Value::object({{"runs", Value(std::move(list))}});
}

Value encode_stored_run(const StoredRun& run, const Catalog& catalog, const ApprovalLinks& links) {
  const LoadedWorkflow loaded = load_version(run.head.workflow, run.text, catalog);
  Stories stories;
  for (const RunEvent& event : run.events) stories.hear(event);
  Map members = members_of(run.head);
  members.set("version", run.head.version);
  members.set("problem", text_or_null(run.unreadable));
  members.set("payload", run.event.payload);
  members.set("steps", stories.encode(loaded.workflow ? &*loaded.workflow : nullptr));
  members.set("change_list", stories.changes());
  const bool asks = loaded.workflow && find_question(run, *loaded.workflow);
  members.set("approve_url", asks ? text_or_null(links.to(run.head.key)) : Value());
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
  return Value::object({{"id", render(event.key)},
                        {"source", event.source},
                        {"source_id", text_or_null(event.id)},
                        {"at", render(event.at)},
                        {"payload", event.payload}});
}

Result<Timestamp> since_named(const std::string& text, Timestamp now) {
  if (const auto ago = parse_duration(text); ago && *ago >= Duration::zero()) return add(now, -*ago);
  const auto time = parse_timestamp(text);
  if (time) return *time;
  return Error{ErrorCode::invalid,
               "\"" + text + "\" is no time: say how long ago, such as 2h, or when, such as 2026-03-01T09:00:00Z"};
}

}  // namespace millrace
