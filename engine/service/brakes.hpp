#pragma once

#include <map>
#include <string>

#include "value/value.hpp"

namespace millrace {

/// What keeps runs from beginning, and from going on by themselves.
struct Brakes {
  std::map<std::string, Value> paused = {};  ///< by workflow: by whom and since when; "" for everything
  bool restored = false;                     ///< the store comes from a backup, and all that comes waits in it
  bool stopping = false;                     ///< what comes waits in the store for the next life of the service
  bool hurried = false;                      ///< and no run is waited for

  bool all_paused() const { return paused.contains(""); }
  bool may_start(const std::string& workflow) const {
    return paused.empty() || (!all_paused() && !paused.contains(workflow));
  }
};

}  // namespace millrace
