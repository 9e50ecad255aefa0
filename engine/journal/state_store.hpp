#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "async/loop.hpp"
#include "async/task.hpp"
#include "base/result.hpp"
#include "value/value.hpp"

namespace millrace {

/// A durable value: of a plugin, of a trigger (its checkpoint), or of the engine (what is paused).
struct StateChange {
  std::string owner;  ///< the plugin's name, "trigger:<workflow>/<number>", or "engine"
  std::string key;
  Value value;  ///< null removes
  /// Only where the key holds this (null: nothing): else nothing of what is written together is, and the error is
  /// `conflict`.
  std::optional<Value> expected = {};
};

/// Durable values of plugins, by plugin and key: links, checkpoints, histories. Values are kept as JSON, in every store
/// alike: a timestamp comes back as text. That of a project is part of its store (store.hpp). Loop thread only.
class StateStore {
 public:
  virtual ~StateStore() = default;
  virtual Task<Result<Value>> read(std::string plugin, std::string key) = 0;  ///< null where there is none
  /// The bytes of its keys and values.
  virtual Task<Result<std::uint64_t>> size(std::string plugin) = 0;
  /// All of it or nothing; durable when it returns. What holds an unknown is refused, except by an overlay.
  virtual Task<Status> write_all(std::vector<StateChange> changes) = 0;

  Task<Status> write(std::string plugin, std::string key, Value value);
  /// Writes `value` where the key holds `expected` (null: nothing), at once with finding that out. Gives {"swapped",
  /// "value"}: whether it did, and what the key holds now.
  Task<Result<Value>> swap(std::string plugin, std::string key, Value expected, Value value);
};

std::unique_ptr<StateStore> open_memory_state_store();

/// Reads through to the store below and keeps what is written to itself: that of a plan for good, that of a step until
/// the step has its outcome. REQUIRES: the store below outlives it.
class StateOverlay final : public StateStore {
 public:
  explicit StateOverlay(StateStore& below) : below_(below) {}
  Task<Result<Value>> read(std::string plugin, std::string key) override;
  /// Of the store below.
  Task<Result<std::uint64_t>> size(std::string plugin) override { return below_.size(std::move(plugin)); }
  Task<Status> write_all(std::vector<StateChange> changes) override;

  /// What it holds, for the store below; it is empty then. A swap expects there what it found at first.
  std::vector<StateChange> take();
  /// Only what was plainly written, which the store below will hold from now on; swaps stay.
  std::vector<StateChange> take_written();
  /// What was swapped, and is not yet below, is as if it had not been; what was plainly written stays.
  void forget_swaps();

 private:
  using Place = std::pair<std::string, std::string>;  // plugin, key
  struct Laid {
    Value value;
    std::optional<Value> expected, written;
    bool swapped = false;  ///< by the latest change
  };

  StateStore& below_;
  std::map<Place, Laid> laid_;
};

}  // namespace millrace
