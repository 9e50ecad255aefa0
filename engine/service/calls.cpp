#include "service/calls.hpp"

#include "base/text.hpp"

namespace millrace {

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
