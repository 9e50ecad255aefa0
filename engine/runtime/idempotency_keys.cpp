#include "runtime/idempotency_keys.hpp"

#include <utility>

#include "crypto/digest.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

constexpr std::size_t digits = 32;  // 128 bits: no two are the same by chance

std::string name_of(const Value& item) {
  const Value* id = item.find("id");
  const bool named = id != nullptr && (id->is_text() || id->is(Kind::integer) || id->is(Kind::unsigned_integer));
  return named ? "id " + encode_json(*id) : encode_json(item);
}

/// Equal items are told apart by their order.
std::vector<std::string> names_of(const Value::List& items) {
  std::vector<std::string> names;
  names.reserve(items.size());
  std::map<std::string, int> seen;
  for (const Value& item : items) {
    std::string name = fingerprint(name_of(item)).substr(0, digits);
    const int before = seen[name]++;
    if (before > 0) name += "#" + std::to_string(before);
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

IdempotencyKeys::IdempotencyKeys(std::string origin, std::string workflow, std::string location)
    : origin_(std::move(origin)), workflow_(std::move(workflow)), location_(std::move(location)) {}

const std::string& IdempotencyKeys::base() {
  if (base_.empty()) base_ = fingerprint(encode_json(Value(Value::List{origin_, workflow_, location_})));
  return base_;
}

const std::string& IdempotencyKeys::item_name(const StepPath& loop, const Value& items, std::uint32_t number) {
  Items& known = items_[loop];
  const bool same = known.list.is_list() && &known.list.list() == &items.list();
  if (!same) known = {items, names_of(items.list())};
  return known.names[number];
}

/// Like the path, but for the items of loops.
std::string IdempotencyKeys::place_of(const Workflow& workflow, const RunState& state, const StepPath& path) {
  std::string place = std::to_string(path[0]);
  const Steps* steps = &steps_of_phase(workflow, path[0]);
  const BlockState* block = &state.phases[path[0]];
  for (std::size_t i = 1; i < path.size(); ++i) {
    place += '/';
    if (i % 2 == 1) {  // a step
      place += std::to_string(path[i]);
      continue;
    }
    const Step& step = (*steps)[path[i - 1]];
    const StepState* at = block != nullptr && path[i - 1] < block->steps.size() ? &block->steps[path[i - 1]] : nullptr;
    const bool is_item = at != nullptr && std::holds_alternative<ForEachBlock>(step.what) && path[i] != handler_block &&
                         at->items.is_list() && path[i] < at->items.list().size();
    const StepPath loop(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(i));
    place += is_item ? item_name(loop, at->items, path[i]) : std::to_string(path[i]);
    block = at != nullptr ? at->find_block(path[i]) : nullptr;
    steps = &steps_of_block(step, path[i]);
  }
  return place;
}

std::string IdempotencyKeys::key_of(const Workflow& workflow, const RunState& state, const StepPath& path) {
  std::string place = place_of(workflow, state, path);
  if (const std::size_t times = repetitions_of(state, path); times > 0)
    place += repetition_mark + std::to_string(times);
  return fingerprint(base() + "/" + place).substr(0, digits);
}

std::string IdempotencyKeys::end(const RunState& state) {
  return base() + " ended " + std::to_string(state.reopened.size());
}

}  // namespace millrace
