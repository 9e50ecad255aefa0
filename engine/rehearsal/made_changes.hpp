#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "catalog/inverse.hpp"
#include "catalog/thing_place.hpp"
#include "journal/journal.hpp"
#include "value/value.hpp"
#include "workflow/model.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// A change that a run has made, with all that its record says for taking it back.
struct MadeChange {
  Timestamp at;
  std::string action_name, summary;
  Effect effect = Effect::update;
  bool file = false;               ///< below the output folder
  bool recorded = false;           ///< what taking it back needs is there; the rest is empty where it is not
  const Action* action = nullptr;  ///< null where its plugin has it no more
  std::string connection, location;
  std::string of_run;  ///< the location of its run, which `location` is where the input says no other one
  ThingPlace place;    ///< where the id of the thing means it
  Past past;
  Value left;                   ///< of a thing with fields: field -> what the run left in it; else null
  std::set<std::string> told;   ///< the fields of `left` of which the far side itself said what is in them
  std::set<std::string> shown;  ///< those that it shows where there is something in them: told, or seen before
  /// Fields of `past.before` with the lists that were there before the run's own changes of them.
  std::set<std::string> lists_before;
  Value carriers;       ///< a list; null: not known
  bool looked = false;  ///< it was looked at before the change; `past.before` is null where nothing was there
  /// The ids of all things at its place that the run had read before; null: it read no list of them.
  std::shared_ptr<const std::set<std::string>> seen;
  bool partly = false;  ///< `past.before` is what a read of others showed of it too, such as a list
  std::string untold;   ///< why something is not known that was asked for
  /// What it was done to is another thing, which these runs deleted later; they had made it themselves, too.
  bool on_deleted = false, on_short_lived = false;
};

/// The inputs but for the location, which a look is asked with or without.
Value without_location(const Value& input);
std::string id_words(const Value& id);
/// The id of the thing that the change is about; empty where its resource does not tell it. REQUIRES: change.action.
std::string id_of(const MadeChange& change);

/// A run whose changes are wanted, and the workflow that it began with, if that can still be read: what its steps read
/// tells what things were before, too.
struct PastRun {
  const StoredRun* run = nullptr;
  const Workflow* workflow = nullptr;
};

/// `project` tells which connection a step used that names none. The changes of the runs in the order in which they
/// were made, from their events. What was done to one thing one after the other is one change from what was there first
/// to what was left last: a thing that was made and deleted again is none. Lists that grow and shrink (the tags of a
/// contact) are one for each item in them.
std::vector<MadeChange> changes_in(const std::vector<PastRun>& runs, const Catalog& catalog, const Project& project);

}  // namespace millrace
