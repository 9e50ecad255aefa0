#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "async/loop.hpp"
#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "journal/store.hpp"
#include "secret/secrets.hpp"
#include "value/clock.hpp"

namespace millrace {

/// A person or program that asks; goes into the audit.
using Who = std::string;

/// What a person found out about a step of which it was not known whether it happened.
struct Resolution {
  std::string step;  ///< its path ("0/2"), id, or empty where only one is unsure
  bool happened = false;
  Value output;  ///< what the step gives, where it happened
};

/// What a person says to the approval that a run waits for.
struct Approval {
  bool yes = false;
  std::string comment;
  std::string step = {};  ///< the path ("0/2") of the step that was seen: another is not answered; empty: whichever
};

/// What people ask of runs and workflows. Everything that it is told is in the journal, with who said it, before it
/// answers. Loop thread only.
class Control {
 public:
  virtual ~Control() = default;
  /// Starts a workflow by hand, whatever its triggers; gives one run for each location.
  virtual Task<Result<Committed>> start_run(std::string workflow, Value event, Who who) = 0;
  virtual Task<Status> pause(std::string workflow, Who who) = 0;   ///< empty: everything
  virtual Task<Status> resume(std::string workflow, Who who) = 0;  ///< empty: everything, restored runs included
  virtual Task<Status> cancel(RunKey run, Who who) = 0;
  virtual Task<Status> retry(RunKey run, std::string from_step, Who who) = 0;  ///< empty: what failed
  virtual Task<Status> resolve(RunKey run, Resolution resolution, Who who) = 0;
  virtual Task<Status> approve(RunKey run, Approval said, Who who) = 0;
  /// Tries a plugin at once that is out of service; `conflict` where it is not.
  virtual Task<Status> allow_plugin(std::string plugin, Who who) = 0;
};

/// For a store that no service has open: what is asked is written down, and the next service acts on it. It starts no
/// runs (`unavailable`). `folder` is the project's: what never began is to begin with the file that lies there now.
std::unique_ptr<Control> open_offline_control(Store& store, Clock& clock, const Catalog& catalog,
                                              const Secrets& secrets, std::filesystem::path folder);

}  // namespace millrace
