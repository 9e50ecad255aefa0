#include "journal/state_store.hpp"

#include <map>
#include <optional>
#include <utility>

#include "journal/state_text.hpp"
#include "value/json.hpp"

namespace millrace {

Result<std::string> state_text(const Value& value) {
  if (value.contains_unknown()) {
    return Error{ErrorCode::invalid, "a value of which a part is only known after the run cannot be kept"};
  }
  return encode_json(value);
}

Result<Value> state_value(std::string_view text) { return parse_json(text); }

namespace {

using Place = std::pair<std::string, std::string>;  // plugin, key

class MemoryStateStore final : public StateStore {
 public:
  Task<Result<Value>> read(std::string plugin, std::string key) override {
    const auto found = texts_.find(Place(plugin, key));
    if (found == texts_.end()) co_return Value();
    co_return state_value(found->second);
  }

  Task<Status> write(std::string plugin, std::string key, Value value) override {
    if (value.is_null()) {
      texts_.erase(Place(plugin, key));
      co_return Done{};
    }
    auto text = state_text(value);
    if (!text) co_return text.error();
    texts_[Place(plugin, key)] = std::move(*text);
    co_return Done{};
  }

 private:
  std::map<Place, std::string> texts_;
};

class OverlayStateStore final : public StateStore {
 public:
  explicit OverlayStateStore(StateStore& below) : below_(below) {}

  Task<Result<Value>> read(std::string plugin, std::string key) override {
    const auto written = texts_.find(Place(plugin, key));
    if (written != texts_.end()) {
      JsonLimits limits;
      limits.unknowns = true;
      co_return parse_json(written->second, limits);
    }
    auto value = co_await below_.read(plugin, key);
    co_return value;
  }

  Task<Status> write(std::string plugin, std::string key, Value value) override {
    texts_[Place(plugin, key)] = encode_json(value);
    co_return Done{};
  }

 private:
  StateStore& below_;
  std::map<Place, std::string> texts_;
};

}  // namespace

std::unique_ptr<StateStore> open_memory_state_store() { return std::make_unique<MemoryStateStore>(); }

std::unique_ptr<StateStore> overlay_state_store(StateStore& below) {
  return std::make_unique<OverlayStateStore>(below);
}

}  // namespace millrace
