#include "service/calls.hpp"

#include <utility>

#include "base/text.hpp"

namespace millrace {

void Calls::note(RunKey caller, const std::string& id, RunKey called) {
  forget(caller, id);  // asked again, it is noted with a new run first, and then with the one that is there
  ties_[caller].calls[id] = called;
  ties_[called].caller = caller;
}

void Calls::forget(RunKey caller, const std::string& id) {
  const auto ties = ties_.find(caller);
  if (ties == ties_.end()) return;
  const auto call = ties->second.calls.extract(id);
  if (call.empty()) return;
  untie(call.mapped());
  drop_if_loose(caller);
}

void Calls::forget_all(RunKey caller) {
  const auto ties = ties_.find(caller);
  if (ties == ties_.end()) return;
  for (const auto& [id, called] : std::exchange(ties->second.calls, {})) untie(called);
  drop_if_loose(caller);
}

void Calls::untie(RunKey called) {
  const auto ties = ties_.find(called);
  if (ties == ties_.end()) return;
  ties->second.caller.reset();
  drop_if_loose(called);
}

void Calls::drop_if_loose(RunKey run) {
  const auto ties = ties_.find(run);
  if (ties != ties_.end() && ties->second.calls.empty() && !ties->second.caller) ties_.erase(ties);
}

const std::map<std::string, RunKey>& Calls::calls_of(RunKey caller) const {
  static const std::map<std::string, RunKey> none;
  const auto ties = ties_.find(caller);
  return ties == ties_.end() ? none : ties->second.calls;
}

std::vector<RunKey> Calls::called_by(RunKey caller) const {
  std::vector<RunKey> called;
  for (const auto& [id, run] : calls_of(caller)) called.push_back(run);
  return called;
}

std::optional<RunKey> Calls::caller_of(RunKey called) const {
  const auto ties = ties_.find(called);
  return ties == ties_.end() ? std::nullopt : ties->second.caller;
}

/// Whether `run` cannot end before `caller` does: it is that, or calls something that waits for it or comes behind such
/// a one in its lane.
bool Calls::waits_for(RunKey run, RunKey caller, std::set<RunKey>& seen) const {
  if (run == caller) return true;
  if (!seen.insert(run).second) return false;
  for (const auto& [id, called] : calls_of(run)) {
    if (waits_for(called, caller, seen)) return true;
    const auto ahead = ahead_of(called);
    if (ahead && waits_for(*ahead, caller, seen)) return true;
  }
  return false;
}

/// The run that keeps one that was called from beginning.
std::optional<RunKey> Calls::ahead_of(RunKey called) const {
  const Whereabouts at = roster_.at(called);
  const bool has_begun = at != Whereabouts::coming && at != Whereabouts::queued && at != Whereabouts::held;
  return has_begun ? std::nullopt : roster_.lanes().ahead_in(*roster_.lane_of(called));
}

std::optional<Error> Calls::would_wait_for_ever(const Lane& lane, RunKey caller,
                                                const std::vector<std::string>& chain) const {
  const auto ahead = roster_.lanes().ahead_in(lane);
  std::set<RunKey> seen;
  if (!ahead || !waits_for(*ahead, caller, seen)) return std::nullopt;
  return Error{ErrorCode::invalid, "the call would wait for ever: a run of \"" + lane.workflow +
                                       "\" that is under way waits for this one (" + join(chain, " > ") + " > " +
                                       lane.workflow + "), and its concurrency lets no other begin before"};
}

}  // namespace millrace
