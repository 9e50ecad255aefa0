#pragma once

#include <memory>
#include <set>
#include <string>

#include "catalog/catalog.hpp"
#include "secret/secrets.hpp"
#include "simulated_disk.hpp"
#include "temporary_folder.hpp"
#include "workflow/project.hpp"

namespace millrace::test {

/// What many simulations share and none changes: a project with its workflows, and what its plugins offer.
///
/// Each effect names itself: `op` is who asked for it and which of his steps it is, such as "d3/second". There may be
/// the workflows:
///
///     orders     webhook orders, a lane for each event.lane: add <id>/first, maybe wait, put <id>/second, add
///     <id>/third alarm      webhook orders if event.loud, side by side: push <id>/push, which must not be done twice
///     rehearsal  webhook orders, a dry run: would add dry/<id>
///     follow     after orders, whatever came of it: add after/<run>
///     job        webhook jobs: a library that adds <id>/one, pushes <id>/two, adds <id>/three
///     once       webhook jobs, side by side: the first of each event.lane adds once/<lane>; then six at once look
///     caller     webhook jobs if event.calls: calls `called`, which adds called/<id>
///     ticks      every minute, all that were missed: add tick/<slot>
///     watcher    reads the shop's items every 10s: add seen/<item>/<change>/<revision>
class Premises {
 public:
  explicit Premises(std::set<std::string> with);

  std::set<std::string> workflows;  ///< the ids of those that are there: fewer are read faster
  TemporaryFolder folder;
  Catalog catalog;
  Project project;
  std::unique_ptr<Secrets> secrets;
  SimulatedDisk::Image store;  ///< an empty one, so that not each world makes its tables anew
};

}  // namespace millrace::test
