#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "decider/event.hpp"
#include "journal/journal.hpp"
#include "service/records.hpp"
#include "service/why.hpp"
#include "workflow/model.hpp"

namespace millrace {

/// A step that was left out, and why.
struct SkippedStep {
  std::string step, condition;
  std::vector<std::string> parts = {};  ///< what each part of the condition gave then
};

/// A run with what is needed to say what became of it: where it stopped, in words.
struct RunFacts {
  RunHead head;
  std::string step;     ///< where it stands or ended, for people; or empty
  std::string failure;  ///< of that step
  std::string asks;     ///< what a person is asked to agree to
  bool waits_for_person = false;
  std::optional<Timestamp> again_at;  ///< when the failed step is tried again
  std::vector<SkippedStep> skipped;   ///< steps that were left out for their conditions: the first ones
  std::size_t more_skipped = 0;
  std::optional<RunKey> behind;  ///< queued: the run whose end it waits for
  std::vector<RunFacts> called;  ///< of those that it called: whose end it waits for
};

/// For whom the sentences are: when they are read, and in which zone.
struct Audience {
  Timestamp now;
  std::string zone = "UTC";
};

/// Everything that the files and the store say about a workflow's chances to run.
struct WhyFacts {
  std::string workflow;
  Audience audience;
  bool exists = false;
  std::vector<std::string> known;  ///< ids of the workflows that there are
  std::string problem;             ///< why the file cannot be used, as `check` says it
  std::string alarm;               ///< about a good file that the running service does not use: others are in its way
  std::shared_ptr<const Workflow> content;  ///< of a good file

  Value paused, everything_paused, restored;
  std::optional<ServiceRecord> service;
  bool service_alive = false;
  std::map<std::string, std::string> down;     ///< connections that it uses -> the reason
  std::map<std::string, std::string> held_up;  ///< those that are not down, and an alarm is about -> what it says
  std::optional<SkippedSlots> skipped_slots;
  std::vector<std::string> sources;            ///< what each trigger calls its events; empty for a manual one
  std::vector<std::optional<Timestamp>> next;  ///< of each trigger: a schedule's next slot
  std::vector<std::string> triggers;           ///< each in a line

  std::string deaf;                                    ///< what a trigger knows of the last look cannot be read
  std::map<std::string, Tally> refused, other_bodies;  ///< of its sources: deliveries that started nothing
  std::map<std::string, Tally> lacking;                ///< those that lacked what its triggers' events must have
  std::vector<RunFacts> runs;  ///< the last ones, newest first; with an event: those that it started here
  bool asked_for_event = false;
  std::optional<EventRecord> event;  ///< asked about; else the last one of its sources that ran nothing here
};

/// What they mean, the most important first.
std::vector<std::string> explain(const WhyFacts& facts);

/// One sentence about a run, and with what it needs now.
std::string describe(const RunFacts& run, const Audience& audience);

/// "2026-11-24T10:00:00+01:00 (3h ago)", "... (in 5m)".
std::string when(Timestamp time, const Audience& audience);

/// Reads what is needed from a stored run.
RunFacts facts_of(const StoredRun& run, const Catalog& catalog);

}  // namespace millrace
