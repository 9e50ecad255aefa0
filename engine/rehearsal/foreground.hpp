#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/loop.hpp"
#include "catalog/catalog.hpp"
#include "gate/gate.hpp"
#include "journal/journal.hpp"
#include "plugin/plugin_host.hpp"
#include "runtime/engine.hpp"
#include "value/clock.hpp"
#include "workflow/model.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// What runs in the foreground work with. All of it outlives them.
struct ForegroundWorld {
  Loop& loop;
  const std::filesystem::path& folder;  ///< the project's
  const Project& project;
  const Catalog& catalog;
  Journal& journal;  ///< of live runs
  Outside outside;
  PluginHost& plugins;
  Clock& clock;
  std::map<std::string, std::string>& tokens;  ///< what far sides said of connections' tokens last; empty: taken
  std::function<std::string(RunKey)> approval_link = {};  ///< where people answer what a run asks
  bool keeps_before = true;          ///< live writes keep what was there before, so that they can be taken back
  std::filesystem::path files = {};  ///< below which runs read and write files; empty: the project's folder
  /// Answers in people's place what runs ask, and hears what happens to them; nothing: nobody does.
  std::function<std::optional<bool>(const Workflow&, const StepPath&)> answers = {};
  std::function<void(const Workflow&, const RunEvent&)> on_event = {};
};

/// The source of the events of applied plans; their ids are the names of the planned runs.
inline constexpr const char* applied_plan = "plan";

/// One run of an assignment.
struct RunOrder {
  std::string location;
  std::string id;                             ///< empty: a new one
  std::optional<Timestamp> now;               ///< what it takes for its beginning; nothing: the world's time
  std::shared_ptr<PlannedChanges> only = {};  ///< what it may change, if not everything
  std::string plan = {};              ///< the run of a plan that it is: of those the store takes one; empty: of none
  const char* source = applied_plan;  ///< of its event, where `plan` says the event's id
};

/// What is to be run: once for each location.
struct Assignment {
  std::shared_ptr<const Workflow> workflow;
  std::vector<RunOrder> orders;
  Value event;
  Value delivery = {};  ///< how it came; null where nobody said
  bool live = false;
  bool keep_readings = false;  ///< of a plan: what was read, to find out later whether the world has changed
  Witness* witness = nullptr;
  const char* trigger = "manual";  ///< what started them, for people
  bool of_project = true;          ///< the workflow is a file of the project, so that it is known how it does
};

/// Carries out the runs of an assignment for somebody who waits for them, one after the other: they share the far
/// side's limits, and a reader follows one at a time. `off_switch` calls the run off and leaves out those behind it. A
/// plan is written into a journal of its own, which is gone afterwards; a live run into the store.
Task<void> carry_out_all(ForegroundWorld world, Assignment assignment, OffSwitch& off_switch,
                         std::vector<RunReport>& finished);

}  // namespace millrace
