#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "service/alarms.hpp"
#include "service/dispatcher.hpp"
#include "service/library.hpp"

namespace millrace {

/// Has alarms leave the machine, by the actions under `alarms` in millrace.yaml: once when one begins, and once when it
/// is over. What has been told is written in the entry that begins the telling run, so a restart neither forgets nor
/// repeats it. What comes together is told together; ten tellings an hour leave at once, further ones every ten
/// minutes. What is wrong with the telling itself is never told by it. Loop thread only.
class Teller {
 public:
  Teller(ServiceWorld world, Dispatcher& dispatcher) : world_(world), dispatcher_(dispatcher) {}

  /// Reads the actions, and what the service before has told.
  Task<Status> recall();
  /// Takes up the actions as they are now; those that cannot be used leave the ones before in place. Gives a sentence
  /// where that is a change.
  Task<std::string> take_up();
  /// Nothing where there are none, or they cannot be used.
  const std::shared_ptr<const LiveWorkflow>& actions() const noexcept { return actions_; }
  /// Why the actions cannot be used; empty where they can, or where there are none.
  const std::string& problem() const noexcept { return problem_; }
  /// Tells what has changed since, where it is time for that.
  Task<void> tell(std::vector<Alarm> alarms);

 private:
  std::string read_actions();
  Task<Status> write_version();
  bool concerns_telling(const std::string& about) const;
  bool may_tell_now();

  ServiceWorld world_;
  Dispatcher& dispatcher_;
  std::shared_ptr<const LiveWorkflow> actions_;  // nothing where there are none
  std::string problem_;
  std::map<std::string, Alarm> told_;     // begun, and not over
  std::map<std::string, Deadline> ends_;  // of those that are not on any more: when that is believed
  std::deque<Deadline> hours_;            // of tellings: when each is an hour old
  Deadline next_ = Deadline::in(Duration::zero());
};

}  // namespace millrace
