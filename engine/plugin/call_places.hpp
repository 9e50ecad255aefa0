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
  explicit CallPlaces(std::size_t most = 8) : most_(most) {}
  CallPlaces(const CallPlaces&) = delete;
  CallPlaces& operator=(const CallPlaces&) = delete;

  /// Returns with a place for a call of `plugin`, or false when the awaiting task is cancelled or all places are lost.
  /// `depth`: inside how many other calls it is.
  Task<bool> take(std::string plugin, int depth);
  void give_back(const std::string& plugin, int depth);
  /// The call that has the place was written off: nobody knows whether it is ever given back.
  void lose(const std::string& plugin, int depth);
  /// It comes back after all; `give_back` follows.
  void find(const std::string& plugin, int depth) { --rows_.at(std::pair(plugin, depth)).lost; }
  bool all_lost(const std::string& plugin, int depth) const;

 private:
  struct Waiting;
  struct Row {
    std::size_t taken = 0, lost = 0;
    std::list<Waiting*> waiting;
  };
  static void give_back(Row& row);

  const std::size_t most_;
  std::map<std::pair<std::string, int>, Row> rows_;
};

}  // namespace millrace
