#include "service/calls.hpp"

#include "base/text.hpp"

namespace millrace {

void Calls::note(RunKey caller, const std::string& id, RunKey called) {
  calls_[{caller, id}] = called;
  callers_[called] = caller;
}

void Calls::forget(RunKey caller, const std::string& id) {
  const auto call = calls_.find({caller, id});
  if (call == calls_.end()) return;
  callers_.erase(call->second);
  calls_.erase(call);
}

void Calls::forget_all(RunKey caller) {
  auto call = calls_.lower_bound({caller, ""});
  while (call != calls_.end() && call->first.first == caller) {
    callers_.erase(call->second);
    call = calls_.erase(call);
  }
}

std::vector<RunKey> Calls::called_by(RunKey caller) const {
  std::vector<RunKey> called;
  for (auto call = calls_.lower_bound({caller, ""}); call != calls_.end() && call->first.first == caller; ++call)
    called.push_back(call->second);
  return called;
}

std::optional<RunKey> Calls::caller_of(RunKey called) const {
  const auto caller = callers_.find(called);
  return caller == callers_.end() ? std::nullopt : std::optional(caller->second);
}

/// Whether `run` cannot end before `caller` does: it is that, or calls something that waits for it or comes behind such
/// a one in its lane.
bool Calls::waits_for(RunKey run, RunKey caller, std::set<RunKey>& seen) const {
  if (run == caller) return true;
  if (!seen.insert(run).second) return false;
  for (auto call = calls_.lower_bound({run, ""}); call != calls_.end() && call->first.first == run; ++call) {
    if (waits_for(call->second, caller, seen)) return true;
    const auto ahead = ahead_of(call->second);
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
