#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "journal/keys.hpp"
#include "service/backlog.hpp"
#include "service/lane.hpp"
#include "service/lanes.hpp"
#include "service/timetable.hpp"

namespace millrace {

/// Where a run is.
enum class Whereabouts : std::uint8_t {
  nowhere,  ///< it has ended, or was never heard of
  coming,   ///< its entry is on its way to the disk, and others come before it
  called,   ///< its turn has come, and its entry is still on its way to the disk
  queued,   ///< in the store, waits for its turn
  held,     ///< in the store, and a pause keeps it out of the line
  moving,   ///< its turn has come: on its way from the store into memory
  active,   ///< in memory
  aside,    ///< in memory, only to wait for those that it called: its place among the active ones is free
  resting,  ///< in the store until a time or a person
  stopped,  ///< in the store until a pause ends: its time came during it, or it was under way when the service started
};
constexpr std::size_t all_whereabouts = 10;
/// Begun, and not in memory.
constexpr bool rests(Whereabouts at) noexcept { return at == Whereabouts::resting || at == Whereabouts::stopped; }

/// Whether a run ever goes from the one to the other.
bool leads(Whereabouts from, Whereabouts to) noexcept;

/// Where every unfinished run is: the one table that says so. Whose turn it is follows from it, as Lanes has it. Pure:
/// the caller does what a step means, and tells each one here. Several workers would put their claims behind `next`,
/// `due` and `move`: whoever gets a run there has it.
class Roster {
 public:
  explicit Roster(std::size_t most_active) : lanes_(most_active) {}

  /// A run that is nowhere. Where it is to wait and need not, because it is its turn, it is `called` instead of
  /// `coming` and `moving` instead of `queued`. False, and nothing has changed: it is somewhere already, or none begins
  /// there.
  bool add(RunKey run, const Lane& lane, Whereabouts to);
  /// The same for one that is here; `nowhere` forgets it. False, and nothing has changed: no way leads there from where
  /// it is.
  bool move(RunKey run, Whereabouts to);
  /// The run whose turn it is now, if there is one: `called` where it was `coming`, else `moving`.
  std::optional<RunKey> next();

  /// What it holds as long as it is anywhere here.
  void burden(RunKey run, Backlog::Load load);
  Backlog::Load load_of(RunKey run) const;  ///< nullptr: it is nowhere

  /// Of a resting run: when it goes on by itself.
  void wake_at(RunKey run, Timestamp time);
  /// A run whose time has come; it is `moving` now.
  std::optional<RunKey> due(Timestamp lasting);
  /// The time of all that rest until one has come.
  void make_all_due();
  std::optional<Timestamp> next_wake() const { return times_.first(); }

  /// It was under way when the engine died, and has not been taken up since.
  void bereave(RunKey run);
  bool take_bereaved(RunKey run);  ///< true once

  Whereabouts at(RunKey run) const;
  const Lane* lane_of(RunKey run) const;             ///< nullptr: it is nowhere
  std::vector<RunKey> all(Whereabouts where) const;  ///< in the order of their keys
  std::size_t count(Whereabouts where) const { return counts_[static_cast<std::size_t>(where)]; }
  std::size_t in_memory(const std::string& workflow) const;
  std::size_t waiting(const std::string& workflow) const;  ///< queued or held
  const Lanes& lanes() const noexcept { return lanes_; }

 private:
  struct Standing {
    Lane lane;
    Whereabouts at = Whereabouts::nowhere;
    bool bereaved = false;
    std::optional<Timestamp> wake_at = {};
    Backlog::Load load = nullptr;
  };
  struct Tally {
    std::size_t in_memory = 0, waiting = 0;
  };
  void change(RunKey run, Standing& standing, Whereabouts to);
  Whereabouts take_place(RunKey run, const Standing& standing, Whereabouts to);
  void note(RunKey run, Standing& standing, Whereabouts to);
  void tally(const Standing& standing, bool comes);

  std::unordered_map<RunKey, Standing> standings_;
  Lanes lanes_;
  Timetable times_;
  std::array<std::size_t, all_whereabouts> counts_ = {};
  std::unordered_map<std::string, Tally> by_workflow_;
};

}  // namespace millrace
