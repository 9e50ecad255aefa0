#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog.hpp"
#include "decider/event.hpp"
#include "decider/run_state.hpp"
#include "journal/journal.hpp"
#include "service/metrics.hpp"
#include "workflow/model.hpp"

namespace millrace {

/// Counts for operators what a run does: its writes and how they ended, steps that are tried again, and how long those
/// take that perform something. It hears each event once; those that the journal has already are only recalled.
class RunCounter {
 public:
  /// REQUIRES: metrics and catalog outlive it.
  RunCounter(Metrics& metrics, const Catalog& catalog, std::shared_ptr<const Workflow> workflow, const RunHead& head)
      : metrics_(metrics), catalog_(catalog), workflow_(std::move(workflow)), run_(head.key), live_(head.live) {}

  /// Before the run is taken up: what was under way. Counts nothing.
  void recall(const std::vector<RunEvent>& history);
  /// `state` has the event.
  void count(const RunEvent& event, const RunState& state);

 private:
  /// A write of a job, from its leaving until its outcome is known.
  struct OpenWrite {
    Effect effect = Effect::update;
    bool may_repeat = false;  ///< an attempt without an answer is then a failed one: nobody has to look
    bool told = false;        ///< counted as without an answer
  };
  enum class Ended : std::uint8_t { done, failed, unsure };

  const Action* action_at(const StepPath& path) const;
  void hear_outcome(const StepPath& path, const Result<Value>& outcome, Timestamp at, const RunState& state);
  void count_request(const Action& action, const StepState& step, const Result<Value>& outcome);
  void settle_open(const StepPath& job, bool counted);
  void hear_failed(const StepFailed& event, Timestamp at);
  void open(const EffectBegun& event);
  void hear_ended(const EffectEnded& event);
  void count_write(Effect effect, Ended ended);
  void observe(const Action& action, Timestamp begun, Timestamp ended);

  Metrics& metrics_;
  const Catalog& catalog_;
  std::shared_ptr<const Workflow> workflow_;
  RunKey run_;
  bool live_;
  std::map<EffectKey, OpenWrite> open_;
  std::vector<std::pair<StepPath, Timestamp>>
      reported_;  // steps whose failure is being decided on, and their beginning
};

/// Counts a run that has ended, with how long it took. REQUIRES: `head.ended`.
void count_end(Metrics& metrics, const RunHead& head);

}  // namespace millrace
