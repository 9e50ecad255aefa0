#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/loop.hpp"
#include "catalog/catalog.hpp"
#include "cli/report.hpp"
#include "cli/session.hpp"
#include "gate/gate.hpp"
#include "http/http_client.hpp"
#include "journal/store.hpp"
#include "plugin/plugin_host.hpp"
#include "runtime/engine.hpp"
#include "secret/secrets.hpp"
#include "value/clock.hpp"
#include "workflow/model.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// The file of the project's store.
std::filesystem::path store_file(const Session& session, const Project& project);

/// The project's store, for a command beside the service; nothing where it cannot be opened, which is told on stderr.
std::unique_ptr<Store> open_project_store(const Session& session, const Project& project, Loop& loop,
                                          StoreOptions::Role role);

/// Everything a run works with. Made at once, used at once: the files and sockets behind it open when they are first
/// needed. `as_of` is what its clock begins with; nothing: the real time. REQUIRES: `store` is there; `loop` outlives
/// it.
struct Workbench {
  Workbench(Loop& loop, const Session& session, const Project& project, const Catalog& catalog,
            const std::optional<Timestamp>& as_of, std::unique_ptr<Store> store);

  Loop& loop;
  std::unique_ptr<Store> store;
  std::unique_ptr<Secrets> secrets;
  std::unique_ptr<HttpClient> client;
  std::map<std::string, std::string> tokens;  ///< what far sides said of connections' tokens last; empty: taken
  std::unique_ptr<Border> border;
  std::unique_ptr<PluginHost> plugins;
  std::unique_ptr<Clock> clock;
};

/// The connections that the workflow's steps use must be there with their secrets before anything begins; with `as_of`
/// they must be loopback ones. Gives an exit code; what is missing is told on stderr.
int check_connections(const Workflow& workflow, const Project& project, const Catalog& catalog, Workbench& bench,
                      bool as_of);

/// The source of the events of applied plans; their ids are the names of the planned runs.
inline constexpr const char* applied_plan = "plan";

/// One run of an assignment.
struct RunOrder {
  std::string location;
  std::string id;                  ///< empty: a new one
  std::optional<Timestamp> now;    ///< what it takes for its beginning; nothing: the bench's time
  PlannedChanges* only = nullptr;  ///< what it may change, if not everything
  std::string plan = {};           ///< the run of a plan that it is: of those the store takes one; empty: of none
};

/// What is to be run: once for each location.
struct Assignment {
  std::shared_ptr<const Workflow> workflow;
  const Session* session = nullptr;
  const Project* project = nullptr;
  const Catalog* catalog = nullptr;
  std::vector<RunOrder> orders;
  Value event;
  bool live = false;
  bool keep_readings = false;  ///< of a plan: what was read, to find out later whether the world has changed
  Witness* witness = nullptr;
};

/// One run after the other: they share the far side's limits, and a reader follows one at a time. Ctrl-C calls the run
/// off and leaves out those behind it; gives the signal's number, else 0.
int run_to_end(Workbench& bench, Assignment assignment, std::vector<RunReport>& finished);

}  // namespace millrace
