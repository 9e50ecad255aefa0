#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/duration.hpp"
#include "schedule/schedule.hpp"
#include "value/value.hpp"

namespace millrace {

/// When a schedule fires in its zone. A civil time that the clocks skip fires once, at the first instant after the gap;
/// one that comes twice fires once, at its first occurrence. Schedules of every so many minutes or hours fire by the
/// civil clock, too, and go on through a time that comes twice. Pure; knows the zones of the system.
class Calendar {
 public:
  Calendar(Schedule schedule, std::string zone) : schedule_(std::move(schedule)), zone_(std::move(zone)) {}

  /// The first slot after `time`; nothing where there is none within forty years, or where the system
  /// does not know the zone.
  std::optional<Timestamp> after(Timestamp time) const;
  /// The slots after `from`, up to and with `until`, at most `limit`.
  std::vector<Timestamp> between(Timestamp from, Timestamp until, std::size_t limit) const;
  const std::string& zone() const noexcept { return zone_; }
  const Schedule& schedule() const noexcept { return schedule_; }

 private:
  Schedule schedule_;
  std::string zone_;
};

/// What a workflow's schedule or cron trigger says, understood.
struct ScheduleTrigger {
  enum class IfMissed : std::uint8_t { skip, run_once, run_all };
  Calendar calendar;
  IfMissed if_missed = IfMissed::run_once;
  Duration spread = {};  ///< each slot runs later by a fixed part of this, which the workflow's id decides

  /// How much later than its slot this workflow runs: always the same.
  Duration delay_of(const std::string& workflow) const;
};

/// What is due, and what was missed: pure, so that it can be tried over twenty years of every zone.
/// What was missed counts as one run for `run_once`: the newest slot of all, be it late or in time.
struct DueSlots {
  std::vector<Timestamp> run;      ///< to be started now, in order
  std::vector<Timestamp> skipped;  ///< missed, and left out as `if_missed` says; the newest at most 100
  Timestamp seen;                  ///< the checkpoint: everything up to here is settled
  std::optional<Timestamp> next;   ///< ask again then
};
/// `seen` is the checkpoint of the last time; where it lies more than an hour ahead of `now`, the clock was wrong then,
/// and it begins anew with `now`. A slot that is late by up to `tolerance` was not missed, it is run.
/// `run_all` runs at most 100 slots; older ones are skipped.
DueSlots due_slots(const ScheduleTrigger& trigger, const std::string& workflow, Timestamp seen, Timestamp now,
                   Duration tolerance = std::chrono::minutes(1));

}  // namespace millrace
