#include "service/roster.hpp"

#include <algorithm>
#include <utility>

namespace millrace {

namespace {

using enum Whereabouts;

struct Way {
  Whereabouts from, to;
};

/// Every way there is.
constexpr Way ways[] = {
    {nowhere, coming},   // accepted, and others come before it
    {nowhere, called},   // accepted, and it is its turn
    {nowhere, queued},   // found in the store when the service starts, or tried again: it has not begun
    {nowhere, held},     // the same during a pause, or accepted by a store that was restored
    {nowhere, moving},   // the same where it is its turn at once; or it has begun, and goes on
    {nowhere, resting},  // found in the store when the service starts: it waits for a time or a person
    {nowhere, stopped},  // the same of one that was under way, during a pause
    {coming, called},    // its turn comes before its entry is written
    {coming, queued},    // its entry is written
    {coming, nowhere},   // its entry was refused
    {called, moving},    // its entry is written, and memory has room for it later
    {called, active},    // the same, and it was made together with its entry
    {called, nowhere},   // its entry was refused
    {queued, moving},    // its turn comes
    {queued, nowhere},   // called off before it began, or parked
    {held, queued},      // the pause ends
    {held, moving},      // the same, and it is its turn at once
    {held, nowhere},     // called off, or parked
    {moving, active},    // it has been read
    {moving, held},      // its turn came during a pause
    {moving, stopped},   // its time came during a pause
    {moving, nowhere},   // it had been called off when it was read, or it cannot go on
    {active, aside},     // it has called another one, and waits for that
    {active, resting},   // it waits for long
    {active, nowhere},   // it has ended
    {aside, active},     // one that it called has ended
    {resting, moving},   // its time has come, or a person said something
    {resting, stopped},  // what it waited for came during a pause
    {resting, nowhere},  // called off, or parked
    {stopped, moving},   // the pause ends, or a person said something
    {stopped, nowhere},  // called off, or parked
};

/// What a run has of its lane and of the places for active runs.
enum class Place : std::uint8_t {
  none,
  in_line,  ///< it waits for its turn
  begun,    ///< no other run of its lane may begin, if they go one at a time
  active,   ///< the same, and it has one of the places
};

Place place_at(Whereabouts where) {
  switch (where) {
    case nowhere:
    case held:
      return Place::none;
    case coming:
    case queued:
      return Place::in_line;
    case called:
    case moving:
    case active:
      return Place::active;
    case aside:
    case resting:
    case stopped:
      return Place::begun;
  }
  return Place::none;
}

bool in_memory(Whereabouts where) { return where == active || where == aside; }
bool waits(Whereabouts where) { return where == queued || where == held; }

}  // namespace

bool leads(Whereabouts from, Whereabouts to) noexcept {
  return std::any_of(std::begin(ways), std::end(ways),
                     [from, to](const Way& way) { return way.from == from && way.to == to; });
}

bool Roster::add(RunKey run, const Lane& lane, Whereabouts to) {
  if (!leads(nowhere, to)) return false;
  const auto [place, is_new] = standings_.try_emplace(run, Standing{lane});
  if (!is_new) return false;
  change(run, place->second, to);
  return true;
}

bool Roster::move(RunKey run, Whereabouts to) {
  const auto found = standings_.find(run);
  if (found == standings_.end() || !leads(found->second.at, to)) return false;
  change(run, found->second, to);
  if (to == nowhere) standings_.erase(found);
  return true;
}

std::optional<RunKey> Roster::next() {
  const auto run = lanes_.next();
  if (!run) return std::nullopt;
  Standing& standing = standings_.at(*run);
  note(*run, standing, standing.at == coming ? called : moving);
  return run;
}

void Roster::change(RunKey run, Standing& standing, Whereabouts to) {
  const Whereabouts then = take_place(run, standing, to);
  note(run, standing, then);
}

/// Gives up the place that it had and takes the one that it needs; where it comes to.
Whereabouts Roster::take_place(RunKey run, const Standing& standing, Whereabouts to) {
  const Place from = place_at(standing.at), wanted = place_at(to);
  const Lane& lane = standing.lane;
  if (from == wanted) return to;
  if (from == Place::active && wanted == Place::begun) {
    lanes_.rest();
    return to;
  }
  if (from == Place::begun) lanes_.wake();
  if (from == Place::begun && wanted == Place::active) return to;
  if (from == Place::in_line) lanes_.withdraw(lane, run);
  if (from == Place::begun || from == Place::active) lanes_.leave(lane);
  if (wanted == Place::begun || wanted == Place::active) lanes_.occupy(lane, run, wanted == Place::active);
  if (wanted != Place::in_line || !lanes_.enter(lane, run)) return to;
  return to == coming ? called : moving;
}

/// Writes down where it is now, with all that is counted of it.
void Roster::note(RunKey run, Standing& standing, Whereabouts to) {
  if (standing.wake_at) times_.remove(*std::exchange(standing.wake_at, std::nullopt), run);
  if (standing.at != nowhere) {
    --counts_[static_cast<std::size_t>(standing.at)];
    tally(standing, false);
  }
  standing.at = to;
  if (to == nowhere) return;
  ++counts_[static_cast<std::size_t>(to)];
  tally(standing, true);
}

void Roster::tally(const Standing& standing, bool comes) {
  if (!millrace::in_memory(standing.at) && !waits(standing.at)) return;
  const auto found = by_workflow_.try_emplace(standing.lane.workflow).first;
  std::size_t& counted = waits(standing.at) ? found->second.waiting : found->second.in_memory;
  comes ? ++counted : --counted;
  if (found->second.waiting == 0 && found->second.in_memory == 0) by_workflow_.erase(found);
}

void Roster::wake_at(RunKey run, Timestamp time) {
  const auto found = standings_.find(run);
  if (found == standings_.end() || found->second.at != resting) return;
  if (found->second.wake_at) times_.remove(*found->second.wake_at, run);
  found->second.wake_at = time;
  times_.put(time, run);
}

std::optional<RunKey> Roster::due(Timestamp lasting) {
  const auto run = times_.due(lasting);
  if (run) move(*run, moving);
  return run;
}

void Roster::make_all_due() {
  for (const RunKey run : all(resting)) {
    if (standings_.at(run).wake_at) wake_at(run, Timestamp{});
  }
}

void Roster::burden(RunKey run, Backlog::Load load) {
  const auto found = standings_.find(run);
  if (found != standings_.end()) found->second.load = std::move(load);
}

Backlog::Load Roster::load_of(RunKey run) const {
  const auto found = standings_.find(run);
  return found != standings_.end() ? found->second.load : nullptr;
}

void Roster::bereave(RunKey run) {
  const auto found = standings_.find(run);
  if (found != standings_.end()) found->second.bereaved = true;
}

bool Roster::take_bereaved(RunKey run) {
  const auto found = standings_.find(run);
  return found != standings_.end() && std::exchange(found->second.bereaved, false);
}

Whereabouts Roster::at(RunKey run) const {
  const auto found = standings_.find(run);
  return found == standings_.end() ? nowhere : found->second.at;
}

const Lane* Roster::lane_of(RunKey run) const {
  const auto found = standings_.find(run);
  return found == standings_.end() ? nullptr : &found->second.lane;
}

std::vector<RunKey> Roster::all(Whereabouts where) const {
  std::vector<RunKey> runs;
  if (count(where) == 0) return runs;
  for (const auto& [run, standing] : standings_) {
    if (standing.at == where) runs.push_back(run);
  }
  std::sort(runs.begin(), runs.end());
  return runs;
}

std::size_t Roster::in_memory(const std::string& workflow) const {
  const auto found = by_workflow_.find(workflow);
  return found == by_workflow_.end() ? 0 : found->second.in_memory;
}

std::size_t Roster::waiting(const std::string& workflow) const {
  const auto found = by_workflow_.find(workflow);
  return found == by_workflow_.end() ? 0 : found->second.waiting;
}

}  // namespace millrace
