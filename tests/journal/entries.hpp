#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "journal/journal.hpp"

namespace millrace::test {

inline constexpr Timestamp morning{1'772'323'200, 0};  // 2026-03-01 00:00

inline Timestamp later(std::int64_t seconds) { return {morning.seconds + seconds, 0}; }

inline const WorkflowVersion& tidy_workflow() {
  static const WorkflowVersion version{"tidy", "3c9909afec25354d551dae21590bb26e", "name: Tidy\n"};
  return version;
}

inline EventRecord event(KeyMaker& keys, const std::string& id, Value payload = "payload",
                         const std::string& source = "hook:tidy", Timestamp at = morning) {
  return {keys.next_event(at), source, id, at, std::move(payload)};
}

inline RunEvent started(const Value& payload) { return {morning, RunStarted{payload, "r", Value(), morning}}; }

inline RunEvent with_input(Value input) { return {morning, StepStarted{{0, 1}, std::move(input)}}; }

inline RunEvent succeeded(std::int64_t output) { return {later(output), StepSucceeded{{0, 1}, output}}; }

/// What the steps of `events` gave, as numbers.
inline std::string outputs_of(const std::vector<RunEvent>& events) {
  std::string text;
  for (const RunEvent& event : events) {
    if (const auto* done = std::get_if<StepSucceeded>(&event.what))
      text += std::to_string(done->output.integer()) + " ";
  }
  return text;
}

inline RunHead head(KeyMaker& keys, const EventRecord& event, RunOutcome outcome = RunOutcome::running,
                    const std::string& workflow = "tidy") {
  RunHead head;
  head.key = keys.next_run(event.at);
  head.event = event.key;
  head.workflow = workflow;
  head.version = tidy_workflow().hash;
  head.trigger = "webhook";
  head.location = "loc-1";
  head.zone = "Europe/London";
  head.lane = "tidy/loc-1";
  head.live = true;
  head.outcome = outcome;
  head.started = event.at;
  head.note = "first";
  if (outcome != RunOutcome::running && outcome != RunOutcome::waiting) head.ended = later(5);
  return head;
}

/// An event that starts one run.
inline Entry begin(KeyMaker& keys, const std::string& id, RunOutcome outcome = RunOutcome::running,
                   Value payload = "payload", Timestamp at = morning) {
  Entry entry;
  entry.events.push_back(event(keys, id, payload, "hook:tidy", at));
  entry.versions.push_back(tidy_workflow());
  entry.runs.push_back({head(keys, entry.events.front(), outcome), true, {started(payload)}});
  return entry;
}

inline Entry go_on(RunHead head, std::vector<RunEvent> events) {
  Entry entry;
  entry.runs.push_back({std::move(head), false, std::move(events)});
  return entry;
}

inline std::string outline(const RunHead& head) {
  std::string text = head.workflow + " " + std::string(name_of(head.outcome)) + " " + head.trigger + " " +
                     head.location + " " + head.zone + " " + head.lane + " " + head.version.substr(0, 4);
  text += head.live ? " live" : " planned";
  if (head.foreground) text += " foreground";
  const std::pair<const char*, std::optional<Timestamp>> times[] = {
      {" started ", head.started}, {" ended ", head.ended}, {" wakes ", head.wake_at}};
  for (const auto& [what, time] : times) {
    if (time) text += what + std::to_string(time->seconds - morning.seconds);
  }
  return text + " changes " + std::to_string(head.changes) + " starts " + std::to_string(head.starts) + ": " +
         head.note;
}

}  // namespace millrace::test
