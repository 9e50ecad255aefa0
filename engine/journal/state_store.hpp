#pragma once

#include <memory>
#include <string>

#include "async/loop.hpp"
#include "async/task.hpp"
#include "base/result.hpp"
#include "value/value.hpp"

namespace millrace {

/// Durable values of plugins, by plugin and key: links, checkpoints, histories. Values are kept as JSON, in every store
/// alike: a timestamp comes back as text. Loop thread only.
class StateStore {
 public:
  virtual ~StateStore() = default;
  virtual Task<Result<Value>> read(std::string plugin, std::string key) = 0;  ///< null where there is none
  /// Durable when it returns; null removes. What holds an unknown is refused, except by the overlay of a plan.
  virtual Task<Status> write(std::string plugin, std::string key, Value value) = 0;
};

/// On the project's store. The file is opened at the first use and made when the first value is written; after a failed
/// write to the disk nothing is written any more, because what the disk holds is then in doubt. REQUIRES: `loop`
/// outlives it.
std::unique_ptr<StateStore> open_sqlite_state_store(Loop& loop, const std::string& path);
std::unique_ptr<StateStore> open_memory_state_store();
/// Reads through to `below`, keeps what is written to itself: for plans. REQUIRES: `below` outlives it.
std::unique_ptr<StateStore> overlay_state_store(StateStore& below);

}  // namespace millrace
