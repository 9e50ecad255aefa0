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

  /// By listener's name: why it sees nothing, or what it leaves out; empty where all is well.
  std::map<std::string, std::string> problems() const;

 private:
  Task<void> watch(Listener listener, std::string location);
  Task<void> look(const Listener& listener, const std::string& location, const std::string& thing);
  std::string address_of(const TriggerSpec& spec) const;
  void note(const Listener& listener, const std::string& key, const std::string& problem);
  /// What is there now, and what is left out of it and why.
  struct Reading {
    Value output;
    std::string left_out;
  };
  Task<Result<Reading>> read(const Listener& listener, const std::string& location);
  Task<Result<Reading>> read_files(const Listener& listener, Value before);

  ServiceWorld world_;
  Dispatcher& dispatcher_;
  const std::shared_ptr<Sources>& sources_;
  std::map<std::string, std::map<std::string, std::string>> problems_;  // by listener, then by the checkpoint's key
  Scope scope_;
};

}  // namespace millrace
