#include "journal/state_store.hpp"

#include <utility>

#include "journal/journal.hpp"
#include "journal/state_text.hpp"
#include "value/json.hpp"

namespace millrace {

Result<std::string> state_text(const Value& value) {
  if (value.contains_unknown()) {
    return Error{ErrorCode::invalid, "a value of which a part is only known after the run cannot be kept"};
  }
  return encode_json(value);
}

Error damaged_state(const std::string& owner, const std::string& key) {
  return {ErrorCode::invalid, "what " + owner + " keeps under \"" + key +
                                  "\" is damaged: it is not what was written; see \"millrace doctor\", and "
                                  "\"millrace restore\" for a backup"};
}

Result<Value> state_value(std::string_view text, const std::string& owner, const std::string& key) {
  auto value = parse_json(text);
  if (!value) return damaged_state(owner, key);
  return value;
}

std::uint64_t state_bytes(const std::map<std::pair<std::string, std::string>, Value>& states,
                          const std::string& owner) {
  std::uint64_t bytes = 0;
  for (auto each = states.lower_bound({owner, ""}); each != states.end() && each->first.first == owner; ++each) {
    if (!each->second.is_null()) bytes += each->first.second.size() + encode_json(each->second).size();
  }
  return bytes;
}

bool same_state(const Value& held, const Value& expected) {
  return held == expected || encode_json(held) == encode_json(expected);
}

Error state_conflict(const std::string& owner, const std::string& key) {
  return {ErrorCode::conflict, "what " + owner + " keeps under \"" + key + "\" was changed meanwhile"};
}

Task<Status> StateStore::write(std::string plugin, std::string key, Value value) {
  std::vector<StateChange> changes;
  changes.push_back({std::move(plugin), std::move(key), std::move(value)});
  auto written = co_await write_all(std::move(changes));
  co_return written;
}

Task<Result<Value>> StateStore::swap(std::string plugin, std::string key, Value expected, Value value) {
  std::vector<StateChange> changes;
  changes.push_back({plugin, key, value, expected});
  const auto written = co_await write_all(std::move(changes));
  if (written) co_return Value::object({{"swapped", true}, {"value", std::move(value)}});
  if (written.error().code != ErrorCode::conflict) co_return written.error();
  auto held = co_await read(std::move(plugin), std::move(key));
  if (!held) co_return held.error();
  co_return Value::object({{"swapped", false}, {"value", std::move(*held)}});
}

namespace {

/// The value as a store gives it back.
Value as_kept(const Value& value) {
  const auto kept = parse_marked_json(encode_marked_json(value));
  return kept ? *kept : value;
}

class StatesInJournal final : public StateStore {
 public:
  explicit StatesInJournal(Journal& journal) : journal_(journal) {}
  Task<Result<Value>> read(std::string plugin, std::string key) override {
    return journal_.read_state(std::move(plugin), std::move(key));
  }
  Task<Result<std::uint64_t>> size(std::string plugin) override { return journal_.state_size(std::move(plugin)); }
  Task<Status> write_all(std::vector<StateChange> changes) override {
    Entry entry;
    entry.states = std::move(changes);
    const auto written = co_await journal_.commit(std::move(entry));
    if (!written) co_return written.error();
    co_return Done{};
  }

 private:
  Journal& journal_;
};

class MemoryStateStore final : public StateStore {
 public:
  Task<Result<Value>> read(std::string plugin, std::string key) override { co_return held(Place(plugin, key)); }
  Task<Result<std::uint64_t>> size(std::string plugin) override { co_return state_bytes(values_, plugin); }

  Task<Status> write_all(std::vector<StateChange> changes) override {
    for (const StateChange& change : changes) {
      if (change.expected && !same_state(held(Place(change.owner, change.key)), *change.expected))
        co_return state_conflict(change.owner, change.key);
      const auto text = state_text(change.value);
      if (!text) co_return text.error();
    }
    for (const StateChange& change : changes) values_[Place(change.owner, change.key)] = as_kept(change.value);
    co_return Done{};
  }

 private:
  using Place = std::pair<std::string, std::string>;  // plugin, key

  Value held(const Place& place) const {
    const auto found = values_.find(place);
    return found == values_.end() ? Value() : found->second;
  }

  std::map<Place, Value> values_;
};

}  // namespace

std::unique_ptr<StateStore> open_states_in(Journal& journal) { return std::make_unique<StatesInJournal>(journal); }

std::unique_ptr<StateStore> open_memory_state_store() { return std::make_unique<MemoryStateStore>(); }

Task<Result<Value>> StateOverlay::read(std::string plugin, std::string key) {
  const auto laid = laid_.find(Place(plugin, key));
  if (laid != laid_.end()) co_return laid->second.value;
  auto value = co_await below_.read(std::move(plugin), std::move(key));
  co_return value;
}

Task<Status> StateOverlay::write_all(std::vector<StateChange> changes) {
  std::map<Place, Value> below;
  for (const StateChange& change : changes) {
    if (!change.expected || laid_.contains(Place(change.owner, change.key))) continue;
    auto value = co_await below_.read(change.owner, change.key);
    if (!value) co_return value.error();
    below.emplace(Place(change.owner, change.key), std::move(*value));
  }
  // Nothing else happens from here on.
  for (const StateChange& change : changes) {
    if (!change.expected) continue;
    const auto laid = laid_.find(Place(change.owner, change.key));
    const Value& held = laid != laid_.end() ? laid->second.value : below.at(Place(change.owner, change.key));
    if (!same_state(held, *change.expected)) co_return state_conflict(change.owner, change.key);
  }
  for (StateChange& change : changes) {
    const auto [laid, first] = laid_.try_emplace(Place(change.owner, change.key));
    if (first) laid->second.expected = change.expected;
    laid->second.value = as_kept(change.value);
    laid->second.swapped = change.expected.has_value();
    if (!change.expected) laid->second.written = laid->second.value;
  }
  co_return Done{};
}

std::vector<StateChange> StateOverlay::take() {
  std::vector<StateChange> changes;
  for (auto& [place, laid] : std::exchange(laid_, {}))
    changes.push_back({place.first, place.second, std::move(laid.value), std::move(laid.expected)});
  return changes;
}

void StateOverlay::forget_swaps() {
  for (auto each = laid_.begin(); each != laid_.end();) {
    const auto here = each++;
    if (here->second.written) {
      here->second = {*here->second.written, std::nullopt, here->second.written};
    } else {
      laid_.erase(here);
    }
  }
}

std::vector<StateChange> StateOverlay::take_written() {
  std::vector<StateChange> changes;
  for (auto each = laid_.begin(); each != laid_.end();) {
    const auto here = each++;
    const auto& [plugin, key] = here->first;
    Laid& laid = here->second;
    if (!laid.written) continue;
    changes.push_back({plugin, key, *laid.written});
    if (laid.swapped) {
      laid.expected = std::exchange(laid.written, std::nullopt);
    } else {
      laid_.erase(here);
    }
  }
  return changes;
}

}  // namespace millrace
