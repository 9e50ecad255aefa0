#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "decider/run_state.hpp"
#include "decider/story.hpp"
#include "decider/walk.hpp"
#include "prose/condition_parts.hpp"
#include "service/why_facts.hpp"
#include "value/time.hpp"
#include "workflow/load.hpp"

namespace millrace {

namespace {

std::string label(const std::optional<Workflow>& workflow, const StepPath& path) {
  const std::string name = workflow ? label_of(*workflow, path) : "";
  return name.empty() ? render(path) : name;
}

std::string at_step(const RunFacts& run) { return run.step.empty() ? "" : " at the step " + run.step; }

/// Why: the note of the run's head, else what its step said.
std::string because(const RunFacts& run) {
  const std::string& why = run.failure.empty() ? run.head.note : run.failure;
  return why.empty() ? "" : ": " + why;
}

/// The steps that were left out, each with what its condition saw.
std::string describe_left_out(const RunFacts& run) {
  std::string text;
  for (const SkippedStep& skipped : run.skipped) {
    const std::string condition = skipped.condition.empty() ? "" : ", " + skipped.condition + ",";
    text += "; the condition of " + skipped.step + condition + " was false";
    if (!skipped.parts.empty()) text += " (" + join(skipped.parts, "; ") + ")";
  }
  if (run.more_skipped > 0) text += "; and of " + counted(run.more_skipped, "step") + " more";
  return text;
}

std::string describe_end(const RunFacts& run, const Audience& audience) {
  const RunHead& head = run.head;
  const std::string ended = head.ended ? " " + when(*head.ended, audience) : "";
  const std::string count = counted(static_cast<std::size_t>(head.changes), "change");
  const std::string left_out = describe_left_out(run);
  if (head.live) return " was completed" + ended + " with " + count + left_out;
  return " was completed" + ended + " as a dry run: it would have made " + count + ", and changed nothing" + left_out;
}

std::string describe_skipped(const RunFacts& run, const Audience& audience) {
  std::string text = " was skipped" + (run.head.ended ? " " + when(*run.head.ended, audience) : "");
  if (!run.head.note.empty()) return text + ": " + run.head.note;
  return text + describe_left_out(run);
}

std::string describe_called(const RunFacts& run, const Audience& audience) {
  std::string text;
  for (const RunFacts& called : run.called)
    text += "; it waits for what it called (" + called.head.workflow + "): " + describe(called, audience);
  return text;
}

std::string describe_waiting(const RunFacts& run, const Audience& audience) {
  const std::string name = render(run.head.key);
  if (run.waits_for_person) {
    return " waits" + at_step(run) + " for somebody to agree" + (run.asks.empty() ? "" : " (\"" + run.asks + "\")") +
           ": \"millrace approve " + name + "\", or with --no";
  }
  if (run.again_at) {
    return " waits because" + (run.step.empty() ? std::string(" a step") : " the step " + run.step) + " failed" +
           because(run) + "; it is tried again " + when(*run.again_at, audience);
  }
  if (run.head.wake_at) return " waits" + at_step(run) + " until " + when(*run.head.wake_at, audience);
  return " waits" + at_step(run) + (run.head.note.empty() ? "" : ": " + run.head.note) + describe_called(run, audience);
}

std::string describe_running(const RunFacts& run, const Audience& audience) {
  if (!run.head.started) {
    if (run.behind) {
      return " waits for its turn: run " + render(*run.behind) +
             " of the same queue has not ended (\"concurrency\" in the file decides which runs wait for each other)";
    }
    return " waits for its turn since " + when(made_at(run.head.key), audience);
  }
  if (run.again_at) return describe_waiting(run, audience);
  return " is going on since " + when(*run.head.started, audience) + (run.step.empty() ? "" : ", now" + at_step(run)) +
         describe_called(run, audience);
}

std::string describe_parked(const RunFacts& run) {
  const std::string name = render(run.head.key);
  for (const char* reason : {"the engine died", "cannot be read", " is gone"}) {
    if (run.head.note.find(reason) != std::string::npos) return " is set aside: " + run.head.note;
  }
  if (run.head.note.find("millrace connect ") != std::string::npos)
    return " is parked" + at_step(run) + because(run) + "; it goes on when that is done";
  return " is parked" + at_step(run) + because(run) + "; look at the far side, then \"millrace runs resolve " + name +
         " --happened\" or --did-not-happen";
}

}  // namespace

namespace {

constexpr std::size_t most_left_out = 3;

/// What the parts of the conditions gave for which these steps were left out, as the run stood then.
std::map<StepPath, std::vector<std::string>> parts_then(const Workflow& workflow, const StoredRun& run,
                                                        const std::set<StepPath>& steps) {
  std::map<StepPath, std::vector<std::string>> parts;
  RunState state;
  for (const RunEvent& event : run.events) {
    fold(workflow, state, event);
    const auto* skipped = std::get_if<StepSkipped>(&event.what);
    if (skipped == nullptr || !steps.contains(skipped->path)) continue;
    visit_steps(workflow, state, [&](const StepPath& path, const Step& step, const StepState&, const Bindings& names) {
      if (path == skipped->path && step.condition) parts[path] = told_parts(step.condition->expression, names);
    });
  }
  return parts;
}

/// The first of the steps that were left out for their conditions, and how many there are beside them.
void note_left_out(const StoredRun& run, const Story& story, const std::optional<Workflow>& workflow, RunFacts& facts) {
  std::set<StepPath> told;
  for (const auto& [path, step] : story.steps) {
    if (step.condition.empty()) continue;
    if (told.size() == most_left_out) {
      ++facts.more_skipped;
    } else {
      told.insert(path);
    }
  }
  const bool readable = workflow && run.unreadable.empty() && !told.empty();
  auto parts = readable ? parts_then(*workflow, run, told) : std::map<StepPath, std::vector<std::string>>();
  for (const StepPath& path : told)
    facts.skipped.push_back({label(workflow, path), story.steps.at(path).condition, std::move(parts[path])});
}

}  // namespace

RunFacts facts_of(const StoredRun& run, const Catalog& catalog) {
  RunFacts facts;
  facts.head = run.head;
  const LoadedWorkflow loaded = load_version(run.head.workflow, run.text, catalog);
  Story story;
  for (const RunEvent& event : run.events) story.hear(event);
  note_left_out(run, story, loaded.workflow, facts);
  if (!story.place) return facts;
  const StepStory& step = story.steps.at(*story.place);
  facts.step = label(loaded.workflow, *story.place);
  facts.failure = step.failure ? step.failure->message : "";
  facts.waits_for_person = step.asks.has_value();
  facts.asks = step.asks && step.asks->is_text() ? step.asks->text() : "";
  facts.again_at = story.again_at;
  return facts;
}

std::string describe(const RunFacts& run, const Audience& audience) {
  const std::string name =
      "run " + render(run.head.key) + (run.head.location.empty() ? "" : " for " + run.head.location);
  switch (run.head.outcome) {
    case RunOutcome::completed:
      return name + describe_end(run, audience);
    case RunOutcome::failed:
      return name + " failed" + (run.head.ended ? " " + when(*run.head.ended, audience) : "") + at_step(run) +
             because(run) + "; \"millrace runs retry " + render(run.head.key) + "\" goes on from there";
    case RunOutcome::skipped:
      return name + describe_skipped(run, audience);
    case RunOutcome::waiting:
      return name + describe_waiting(run, audience);
    case RunOutcome::running:
      return name + describe_running(run, audience);
    case RunOutcome::stopped_by_safety:
      return name + " was stopped by a safety limit" + at_step(run) + because(run);
    case RunOutcome::parked:
      return name + describe_parked(run);
    case RunOutcome::cancelled:
      return name + " was called off" + (run.head.note.empty() ? "" : ": " + run.head.note);
  }
  return name;
}

std::string when(Timestamp time, const Audience& audience) {
  const Timestamp now = audience.now;
  const bool past = time <= now;
  std::int64_t seconds = past ? now.seconds - time.seconds : time.seconds - now.seconds;
  // Nobody wants to know the seconds of something that was days ago.
  for (const std::int64_t unit : {std::int64_t{86400}, std::int64_t{3600}, std::int64_t{60}}) {
    if (seconds >= 2 * unit) {
      seconds -= seconds % unit;
      break;
    }
  }
  const std::string distance = render(Duration(std::chrono::seconds(seconds)));
  const std::string relative = seconds == 0 ? "now" : past ? distance + " ago" : "in " + distance;
  return render_in(audience.zone, time) + " (" + relative + ")";
}

}  // namespace millrace
