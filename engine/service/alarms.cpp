#include "service/alarms.hpp"

#include "base/log.hpp"
#include "service/records.hpp"

namespace millrace {

namespace {

/// "connection highlevel" is of the kind "connection".
std::string_view kind_of(std::string_view about) { return about.substr(0, about.find(' ')); }

/// Runs have no end of names, and a label must have one.
std::string_view label_of(std::string_view about) { return kind_of(about) == "run" ? "run" : about; }

}  // namespace

void Alarms::recall(const std::vector<std::pair<std::string, Value>>& stored) {
  for (Alarm& alarm : alarms_in(stored)) {
    recalled_.insert(alarm.about);
    const std::string about = alarm.about;
    alarms_[about] = std::move(alarm);
    count(about);
  }
}

void Alarms::end_recalled(const std::set<std::string_view>& kinds) {
  for (const std::string& about : std::set<std::string>(recalled_)) {
    if (kinds.contains(kind_of(about))) clear(about);
  }
}

void Alarms::raise(const std::string& about, const std::string& message, Timestamp now) {
  const auto [found, is_new] = alarms_.try_emplace(about, Alarm{about, message, now});
  const bool recalled = recalled_.erase(about) > 0;
  if (!is_new && !recalled && found->second.message == message) return;
  if (is_new || found->second.message != message) unwritten_.insert(about);
  found->second.message = message;
  count(about);
  log(LogLevel::error, about + ": " + message);
}

void Alarms::clear(const std::string& about) {
  if (alarms_.erase(about) == 0) return;
  recalled_.erase(about);
  unwritten_.insert(about);
  count(about);
  log(LogLevel::info, about + ": all clear");
}

void Alarms::clear_others(std::string_view kind, const std::set<std::string>& still) {
  for (const Alarm& alarm : all()) {
    if (kind_of(alarm.about) == kind && !still.contains(alarm.about)) clear(alarm.about);
  }
}

void Alarms::follow(std::string_view kind, const std::vector<std::pair<std::string, Value>>& stored) {
  std::set<std::string> still;
  for (const Alarm& alarm : alarms_in(stored)) {
    still.insert(alarm.about);
    raise(alarm.about, alarm.message, alarm.since);
    unwritten_.erase(alarm.about);
  }
  clear_others(kind, still);
}

std::vector<Alarm> Alarms::all() const {
  std::vector<Alarm> list;
  for (const auto& [about, alarm] : alarms_) list.push_back(alarm);
  return list;
}

std::vector<StateChange> Alarms::take_changes() {
  std::vector<StateChange> changes;
  for (const std::string& about : std::exchange(unwritten_, {})) {
    const auto found = alarms_.find(about);
    changes.push_back(found == alarms_.end() ? alarm_over(about) : alarm_raised(found->second));
  }
  return changes;
}

void Alarms::put_back(const std::vector<StateChange>& unwritten) {
  for (const StateChange& change : unwritten) unwritten_.insert(about_in(change));
}

void Alarms::count(const std::string& about) {
  const std::string_view label = label_of(about);
  double on = 0;
  for (const auto& [each, alarm] : alarms_) on += label_of(each) == label ? 1 : 0;
  metrics_.series("millrace_alarms", {{"about", label}}).set(on);
}

}  // namespace millrace
