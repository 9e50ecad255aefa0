#pragma once

#include <map>
#include <memory>
#include <string>

#include "service/dispatcher.hpp"
#include "service/sources.hpp"

namespace millrace {

/// Watches: reads a list again and again, and makes an event of each difference. The checkpoint is written in one entry
/// with what it found, so a crash neither loses nor repeats a difference. A file trigger watches the listing of a
/// folder.
class Pollers {
 public:
  Pollers(ServiceWorld world, Dispatcher& dispatcher, const std::shared_ptr<Sources>& sources);

  /// Begins and ends watches as the sources now are.
  Task<void> take_over();
  Task<void> stop();

 private:
  Task<void> watch(Listener listener, std::string location);
  Task<void> look(const Listener& listener, const std::string& location);
  Task<Result<Value>> read(const Listener& listener, const std::string& location);

  ServiceWorld world_;
  Dispatcher& dispatcher_;
  const std::shared_ptr<Sources>& sources_;
  std::map<std::string, std::string> last_failure_;  // by listener and location, so that the same is told once
  Scope scope_;
};

}  // namespace millrace
