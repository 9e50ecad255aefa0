#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/journal.hpp"
#include "runtime/run.hpp"
#include "service/backlog.hpp"
#include "service/records.hpp"
#include "service/sources.hpp"

namespace millrace {

/// Something that happened, for which workflows are to run.
struct Occurrence {
  std::string source, id;  ///< as in EventRecord
  Value payload;
  Value delivery = {};                  ///< as in EventRecord
  std::string trigger;                  ///< "webhook", "schedule", ...: for people
  std::vector<Listener> listeners;      ///< those whose conditions hold
  std::vector<Lack> lacks = {};         ///< whether it had what its triggers need
  std::vector<StateChange> states;      ///< written together with it: the trigger's checkpoint
  std::string location = {};            ///< the only one that it is about; empty: those of each workflow
  bool live = true;                     ///< false: it comes of a dry run, so what it starts is one, too
  std::vector<std::string> chain = {};  ///< as in EventRecord
  std::string origin = {};              ///< as in EventRecord
  std::optional<RunKey> caller = {};    ///< the run that waits for what this starts
  std::size_t bytes = 0;                ///< what came over the wire; 0: nothing did
  Allowance allowance = {};             ///< of all conditions together
  Backlog::Load load = nullptr;         ///< its part of the backlog, once it is counted
  /// Of the runs that it starts; nullptr: no run here led to it.
  std::shared_ptr<CircleCount> circle_count = {};
  /// What else the same delivery is, for those that make another event of it: written together with it. Has no id.
  std::vector<Occurrence> beside = {};
};

/// The listener hears of it where its condition holds. One that cannot be decided is what the occurrence lacks; that
/// one could be is told where something may have been wrong before.
void offer(Occurrence& occurrence, const Listener& listener, const Bindings& names, bool faulty_before = true);

/// Whether somebody hears of it, or would have if it lacked nothing.
bool concerns_anybody(const Occurrence& occurrence);

/// That a run has ended, for the workflows that follow from it (`after`); nothing where it concerns none.
std::optional<Occurrence> what_follows(Run& run, const Sources& sources, Timestamp now);

}  // namespace millrace
