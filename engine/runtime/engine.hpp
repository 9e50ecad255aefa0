#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/loop.hpp"
#include "catalog/catalog.hpp"
#include "decider/decide.hpp"
#include "gate/gate.hpp"
#include "journal/journal.hpp"
#include "plugin/plugin_host.hpp"
#include "value/clock.hpp"
#include "workflow/model.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// What a run works with. The gate decides whether it is real: a plan is the same run with the planning gate.
struct World {
  Loop& loop;
  const Project& project;
  const Catalog& catalog;
  PluginHost& plugins;
  Journal& journal;
  Clock& clock;
};

/// Calls a run off from outside, such as by Ctrl-C. Used on the loop's thread.
class OffSwitch {
 public:
  void press() {
    pressed_ = true;
    if (wake_) wake_();
  }
  bool pressed() const noexcept { return pressed_; }
  void on_press(std::function<void()> wake) { wake_ = std::move(wake); }

 private:
  bool pressed_ = false;
  std::function<void()> wake_;
};

struct RunRequest {
  std::shared_ptr<const Workflow> workflow;
  std::string id;        ///< of the run
  std::string location;  ///< empty where the workflow touches nothing that belongs to locations
  std::string zone;      ///< IANA; what `today` is the date of
  Value event;
  std::optional<Timestamp> now;  ///< what the run takes for its beginning; nothing: the clock's time
  Witness* witness = nullptr;
  OffSwitch* off_switch = nullptr;  ///< outlives the run, if there is one
};

/// One step that ended, for people and for `--json`.
struct StepReport {
  std::string step, action;
  std::string outcome;  ///< succeeded | failed | skipped | unsure
  std::string error;
};

struct RunReport {
  std::string id, location;
  Timestamp now;  ///< what `now` said in it
  RunOutcome outcome = RunOutcome::running;
  std::optional<Error> error;
  Value output;                    ///< what the last step gave
  std::vector<StepReport> steps;   ///< in the order of their end; steps inside loops included
  std::vector<std::string> notes;  ///< what could not be known before the run, in sentences
};

/// Performs a run's decisions until it has ended: decide, write, perform, wait.
Task<RunReport> carry_out(World world, Gate& gate, RunRequest request);

}  // namespace millrace
