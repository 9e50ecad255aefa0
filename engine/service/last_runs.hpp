#pragma once

#include <map>
#include <optional>
#include <string>

#include "async/loop.hpp"
#include "base/result.hpp"
#include "service/dispatcher.hpp"
#include "service/library.hpp"

namespace millrace {

/// When each workflow ran last and since when it may, beyond the life of one service: runs in the foreground count like
/// the service's own. Loop thread only.
class LastRuns {
 public:
  /// REQUIRES: all of them outlive it.
  LastRuns(ServiceWorld world, Dispatcher& dispatcher, const Library& library)
      : world_(world), dispatcher_(dispatcher), library_(library) {}

  /// Writes down since when workflows are there that nobody has seen before. What their file switches off is not
  /// watched, and is new when it is switched on.
  Task<Status> take_over();
  /// Hears what has ended since it was last asked, and brings millrace_last_success_timestamp_seconds up to date.
  Task<Status> look_again();
  /// Since when the workflow has been silent for longer than it allows, in a sentence; empty: it is not, or it is
  /// switched off.
  Task<Result<std::string>> silence_of(std::shared_ptr<const Workflow> workflow);

  std::optional<Timestamp> last_run(const std::string& workflow) const;

 private:
  struct Last {
    std::optional<Timestamp> run, success;
  };
  Task<Status> ask_store(std::string workflow);
  void hear(const std::string& workflow);

  ServiceWorld world_;
  Dispatcher& dispatcher_;
  const Library& library_;
  std::map<std::string, Last> last_;  // by workflow: what the store was asked for
};

}  // namespace millrace
