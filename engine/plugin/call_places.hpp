#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <string>
#include <utility>

#include "async/loop.hpp"

namespace millrace {

/// Bounds how many threads the calls of each plugin hold, so that one cannot take the others along. Those beyond the
/// bound wait in the order of their coming.
///
/// A call that another one waits for has its place one level further in. So whoever waits for a place waits for calls
/// that can only wait for others further in than themselves, and the innermost wait for none. Loop thread only.
class CallPlaces {
 public:
  explicit CallPlaces(std::size_t most = 32) : most_(most) {}
  CallPlaces(const CallPlaces&) = delete;
  CallPlaces& operator=(const CallPlaces&) = delete;

  /// Returns with a place for a call of `plugin`, or false when the awaiting task is cancelled. `depth`: inside how
  /// many other calls it is.
  Task<bool> take(std::string plugin, int depth);
  void give_back(const std::string& plugin, int depth);

 private:
  struct Waiting;
  struct Row {
    std::size_t taken = 0;
    std::list<Waiting*> waiting;
  };
  static void give_back(Row& row);

  const std::size_t most_;
  std::map<std::pair<std::string, int>, Row> rows_;
};

}  // namespace millrace
