#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "journal/journal.hpp"
#include "service/metrics.hpp"
#include "service/service.hpp"

namespace millrace {

/// What needs somebody, until it is well again. The store keeps it, so that people are told without a service, too, and
/// a restart does not make an old trouble a new one. Loop thread only.
class Alarms {
 public:
  /// REQUIRES: `metrics` outlives it.
  explicit Alarms(Metrics& metrics) : metrics_(metrics) {}

  /// What the service before left, as `Journal::list_states` gives it; each is on until somebody clears it or
  /// `end_recalled` does.
  void recall(const std::vector<std::pair<std::string, Value>>& stored);
  /// The state of the world has been looked at: what was recalled of these kinds ("connection", "silence") and was not
  /// raised anew is over. Other kinds stay on until they are cleared.
  void end_recalled(const std::set<std::string_view>& kinds);

  void raise(const std::string& about, const std::string& message, Timestamp now);
  void clear(const std::string& about);
  /// Clears those of a kind that none of `still` is about.
  void clear_others(std::string_view kind, const std::set<std::string>& still);
  /// Makes those of a kind what the store has, where others write it, too.
  void follow(std::string_view kind, const std::vector<std::pair<std::string, Value>>& stored);
  bool on(const std::string& about) const { return alarms_.contains(about); }
  std::vector<Alarm> all() const;

  /// What the store does not have yet. What could not be written is given back with `put_back`.
  std::vector<StateChange> take_changes();
  void put_back(const std::vector<StateChange>& unwritten);

 private:
  void count(const std::string& about);

  Metrics& metrics_;
  std::map<std::string, Alarm> alarms_;
  std::set<std::string> recalled_;   // not raised by this service yet
  std::set<std::string> unwritten_;  // the store has them otherwise
};

}  // namespace millrace
