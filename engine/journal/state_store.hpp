#pragma once

#include <memory>
#include <string>

#include "async/loop.hpp"
#include "async/task.hpp"
#include "base/result.hpp"
#include "value/value.hpp"

namespace millrace {

/// Durable values of plugins, by plugin and key: links, checkpoints, histories. Values are kept as JSON, in every store
/// alike: a timestamp comes back as text. That of a project is part of its store (store.hpp). Loop thread only.
class StateStore {
 public:
  virtual ~StateStore() = default;
  virtual Task<Result<Value>> read(std::string plugin, std::string key) = 0;  ///< null where there is none
  /// Durable when it returns; null removes. What holds an unknown is refused, except by the overlay of a plan.
  virtual Task<Status> write(std::string plugin, std::string key, Value value) = 0;
};

std::unique_ptr<StateStore> open_memory_state_store();
/// Reads through to `below`, keeps what is written to itself: for plans. REQUIRES: `below` outlives it.
std::unique_ptr<StateStore> overlay_state_store(StateStore& below);

}  // namespace millrace
