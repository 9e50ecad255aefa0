#pragma once

#include <map>
#include <memory>
#include <string>

#include "service/dispatcher.hpp"
#include "service/sources.hpp"
#include "trigger/delivery.hpp"

namespace millrace {

/// Plugins' own triggers: each is a long call of a library that emits events. A call that ends is begun again after a
/// while. Loop thread only.
class Emitters {
 public:
  Emitters(ServiceWorld world, Dispatcher& dispatcher, const std::shared_ptr<Sources>& sources);
  ~Emitters();

  /// Begins and ends calls as the sources now are; what is as it was goes on.
  Task<void> take_over();
  /// What was emitted by then is written down.
  Task<void> stop();

  /// By listener's name: why it does not listen; empty where it does.
  std::map<std::string, std::string> problems() const;

 private:
  class Emitter;
  Task<void> listen(Emitter& emitter);
  Task<void> write(Emitter& emitter);
  Task<void> stop(Emitter& emitter);
  Task<Status> call(Emitter& emitter);
  Task<Status> accept(Emitter& emitter);
  Result<std::string> id_of(const TriggerSpec& spec, const Received& received, const Value& emitted) const;

  ServiceWorld world_;
  Dispatcher& dispatcher_;
  const std::shared_ptr<Sources>& sources_;
  std::map<std::string, std::unique_ptr<Emitter>> emitters_;  // by listener's name and the version of its workflow
};

}  // namespace millrace
