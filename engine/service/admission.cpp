#include "service/admission.hpp"

#include <optional>
#include <utility>

#include "service/orders.hpp"
#include "value/extent.hpp"
#include "workflow/connections.hpp"

namespace millrace {

namespace {

/// Why a run was left out, in its note.
constexpr const char* file_says_paused = "the file says mode: paused";

void end_at_once(RunHead& head, RunOutcome outcome, std::string why, Timestamp now) {
  head.outcome = outcome;
  head.left_out = true;
  head.started = head.ended = now;
  head.note = std::move(why);
}

}  // namespace

void Admission::enlist(Entry& entry, const Occurrence& occurrence, Enlisted& enlisted) {
  const Timestamp now = world_.clock.now();
  const EventKey event = world_.store.journal().keys().next_event(now);
  entry.events.push_back({event, occurrence.source, occurrence.id, now, occurrence.payload, occurrence.chain,
                          occurrence.origin, occurrence.delivery});
  enlisted.lacks.insert(enlisted.lacks.end(), occurrence.lacks.begin(), occurrence.lacks.end());
  for (const Listener& listener : occurrence.listeners) {
    const auto& fixed = listener.live->locations;
    if (!occurrence.location.empty()) {
      enlist_run(entry, occurrence, listener, occurrence.location, enlisted);
      continue;
    }
    if (fixed) {
      for (const std::string& location : *fixed) enlist_run(entry, occurrence, listener, location, enlisted);
      continue;
    }
    const auto locations = locations_of(*listener.live->workflow, world_.project, world_.catalog, occurrence.payload);
    if (!locations) {
      // A workflow that cannot begin keeps neither the event from being accepted nor others from their runs.
      RunHead head = head_of(occurrence, listener, "", event);
      end_at_once(head, RunOutcome::failed, locations.error().message, now);
      entry.runs.push_back({std::move(head), true, {}});
      continue;
    }
    for (const std::string& location : *locations) enlist_run(entry, occurrence, listener, location, enlisted);
  }
}

RunHead Admission::head_of(const Occurrence& occurrence, const Listener& listener, const std::string& location,
                           EventKey event) {
  const Workflow& workflow = *listener.live->workflow;
  RunHead head;
  head.key = world_.store.journal().keys().next_run(world_.clock.now());
  head.event = event;
  head.workflow = workflow.id;
  head.version = listener.live->hash;
  head.trigger = occurrence.trigger;
  head.location = location;
  const std::string zone =
      listener.trigger < workflow.triggers.size() ? listener.spec().settings.text_or("timezone") : "";
  head.zone = zone.empty() ? world_.project.timezone : zone;
  head.live = workflow.mode != "dry_run" && occurrence.live;  // paused: it is left out, and may begin some day
  return head;
}

void Admission::enlist_run(Entry& entry, const Occurrence& occurrence, const Listener& listener,
                           const std::string& location, Enlisted& enlisted) {
  const Workflow& workflow = *listener.live->workflow;
  RunHead head = head_of(occurrence, listener, location, entry.events.back().key);
  const auto lane = lane_for(workflow, occurrence.payload, occurrence.delivery);
  if (leave_out(head, occurrence, *listener.live, lane)) {
    entry.runs.push_back({std::move(head), true, {}});
    return;
  }
  if (occurrence.caller) books_.calls.note(*occurrence.caller, occurrence.id, head.key);
  head.lane = stored_lane(lane->lane);
  take_in(entry, std::move(head), listener, lane->lane, occurrence, enlisted);
}

/// Whether the run does not take place; the head says then how it ended, and why.
bool Admission::leave_out(RunHead& head, const Occurrence& occurrence, const LiveWorkflow& live,
                          const Result<LaneChoice>& lane) {
  const Workflow& workflow = *live.workflow;
  const auto end = [this, &head](RunOutcome outcome, std::string why) {
    end_at_once(head, outcome, std::move(why), world_.clock.now());
    return true;
  };
  if (workflow.mode == "paused") return end(RunOutcome::skipped, file_says_paused);
  if (!books_.brakes.may_start(workflow.id) && !books_.brakes.restored)
    return end(RunOutcome::skipped, "the workflow was paused");
  if (!lane) return end(RunOutcome::failed, lane.error().message);
  if (const auto ended = chain_ends(occurrence.chain, workflow.id, world_.project.chain_limit))
    return end(RunOutcome::failed, ended->message);
  if (occurrence.circle_count != nullptr) {
    const auto ended =
        occurrence.circle_count->count_follower(occurrence.chain, workflow.id, world_.project.chain_limit);
    if (ended) return end(RunOutcome::failed, ended->message);
  }
  if (head.live && live.may_use_connections) {
    if (std::string why = books_.foresight.why_not_today(workflow.id, head.location, world_.clock.now()); !why.empty())
      return end(RunOutcome::failed, std::move(why));
  }
  if (lane->skips && books_.roster.lanes().busy(lane->lane))
    return end(RunOutcome::skipped, "another run was going on, and concurrency says skip_if_running");
  if (!occurrence.caller) return false;
  if (occurrence.live && !head.live)
    return end(RunOutcome::skipped, "it is in dry run, and a live run called it; mode: live in its file lets it write");
  const auto never = books_.calls.would_wait_for_ever(lane->lane, *occurrence.caller, occurrence.chain);
  return never && end(RunOutcome::failed, never->message);
}

/// The run takes place: at once, or when it is its turn.
void Admission::take_in(Entry& entry, RunHead head, const Listener& listener, const Lane& lane,
                        const Occurrence& occurrence, Enlisted& enlisted) {
  const RunKey key = head.key;
  // What comes while the service stops (what follows from an end) waits in the store for the next one.
  if (books_.brakes.stopping) {
    entry.runs.push_back({std::move(head), true, {}});
    return;
  }
  books_.custody.hold_free(key);  // nobody tells it anything before it is known here what became of the entry
  if (books_.brakes.restored) {
    enlisted.held.push_back({lane, key, occurrence.load});
    entry.runs.push_back({std::move(head), true, {}});
    return;
  }
  books_.roster.add(key, lane, Whereabouts::coming);
  books_.roster.burden(key, occurrence.load);
  if (books_.roster.at(key) != Whereabouts::called || !books_.memory.has_room()) {
    enlisted.in_line.push_back(key);
    entry.runs.push_back({std::move(head), true, {}});
    return;
  }
  head.starts = 1;  // what stops the engine at its very beginning is found out, too
  entry.runs.push_back({head, true, {}});
  const EventRecord& event = entry.events.back();
  auto active = make_run_(listener.live, std::move(head), event, occurrence);
  books_.memory.count(*active, bytes_of(event.payload) + bytes_of(event.delivery));
  enlisted.beginning.push_back(std::move(active));
}

void Admission::withdraw(const Enlisted& enlisted) {
  const auto forget = [this](RunKey run) {
    books_.roster.move(run, Whereabouts::nowhere);
    books_.custody.release(run);
  };
  for (const RunKey run : enlisted.in_line) forget(run);
  for (const Enlisted::Held& held : enlisted.held) books_.custody.release(held.run);
  for (const auto& run : enlisted.beginning) {
    books_.memory.count(*run, 0);
    forget(run->key());
  }
}

}  // namespace millrace
