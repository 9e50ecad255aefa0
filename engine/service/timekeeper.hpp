#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "service/dispatcher.hpp"
#include "service/sources.hpp"

namespace millrace {

/// Fires schedules, and wakes what waits for a time. What is due is worked out from checkpoints in the store, never
/// from a timer alone: a slot that passed while the engine was down is found as well as one that passes now.
class Timekeeper {
 public:
  Timekeeper(ServiceWorld world, Dispatcher& dispatcher, const std::shared_ptr<Sources>& sources);

  /// Reads the checkpoints of schedules that are new or changed. What was due before counts as missed.
  Task<Status> take_over();
  /// How the clock went in the service's earlier life. REQUIRES: nothing waits yet.
  Task<Status> recall_clock();
  /// Until cancelled.
  Task<void> run();
  /// The schedules or the clock may have changed.
  void look_again() { news_.announce(); }

  std::optional<Timestamp> next() const noexcept { return next_; }
  const std::string& next_workflow() const noexcept { return next_workflow_; }
  std::optional<Timestamp> next_of(const std::string& workflow) const;

 private:
  struct Checkpoint {
    std::string schedule;  // as written, with its zone: another text is another schedule
    Timestamp seen;
    std::optional<Timestamp> next;
  };
  Task<void> watch_clock();
  Task<Status> keep_clock();
  Task<void> fire_due(Timestamp now);
  Task<void> fire(ScheduleSource source, DueSlots due, Timestamp now);

  ServiceWorld world_;
  Dispatcher& dispatcher_;
  const std::shared_ptr<Sources>& sources_;
  std::map<std::string, Checkpoint> checkpoints_;  // by listener's name
  std::optional<Timestamp> next_;
  std::string next_workflow_;
  double ahead_ = 0;      // of the clock, what lasts: in seconds
  Deadline clock_due_;    // when it is written down again how the clock goes
  bool refused_ = false;  // the store did not take a slot
  News news_;
};

}  // namespace millrace
