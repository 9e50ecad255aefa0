#pragma once

#include <map>
#include <string>
#include <vector>

#include "decider/run_state.hpp"
#include "workflow/model.hpp"

namespace millrace {

/// Names what a run does outside, so that receivers recognise what they have done already: after a retry, a restart,
/// and where the same event comes to a store that has forgotten it. A name is the hash of where the event came from,
/// the workflow, the location, and the place in the run, in which an item of a loop goes by itself and not by its
/// number: its `id` where it has one, else all of it.
class IdempotencyKeys {
 public:
  IdempotencyKeys(std::string origin, std::string workflow, std::string location);

  std::string key_of(const Workflow& workflow, const RunState& state, const StepPath& path);
  /// What follows from the end of the run has its keys from this.
  std::string end(const RunState& state);

 private:
  /// How the items of one list are called, by number.
  struct Items {
    Value list;
    std::vector<std::string> names;
  };
  const std::string& item_name(const StepPath& loop, const Value& items, std::uint32_t number);
  std::string place_of(const Workflow& workflow, const RunState& state, const StepPath& path);
  const std::string& base();

  std::string origin_, workflow_, location_, base_;
  std::map<StepPath, Items> items_;
};

}  // namespace millrace
