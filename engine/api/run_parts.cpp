#include "api/run_parts.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "decider/effect_key.hpp"
#include "decider/run_state.hpp"
#include "value/extent.hpp"
#include "value/json.hpp"
#include "value/or_null.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

constexpr std::size_t preview_bytes = 64u << 10;
constexpr std::size_t item_bytes = 1u << 10;
constexpr std::size_t most_change_heads = 1000;

Value kind_or_null(const ReadRun& run, const StepPath& path) {
  return run.began != nullptr ? Value(word_of(step_at(*run.began, path).what)) : Value();
}

/// What is known of an item of a loop.
struct ItemStory {
  Value item, error;
  std::string outcome = "running";
  Timestamp started;
  std::optional<Timestamp> ended;
};

/// The loops of a run, by their steps.
using Loops = std::map<StepPath, std::map<std::uint32_t, ItemStory>>;

struct LoopTelling {
  Loops& loops;
  Timestamp at;

  void operator()(const RunStarted&) const { loops.clear(); }
  void operator()(const LoopOpened& event) const { loops[event.path]; }
  void operator()(const BlockOpened& event) const {
    const auto loop = loops.find(event.path);
    if (loop != loops.end()) loop->second[event.block] = {event.item, {}, "running", at, {}};
  }
  void operator()(const BlockClosed& event) const {
    const auto loop = loops.find(event.path);
    if (loop == loops.end()) return;
    ItemStory& item = loop->second[event.block];
    item.outcome = event.result.text_or("outcome", event.failure ? "failed" : "succeeded");
    if (const Value* error = event.result.find("error")) item.error = *error;
    item.ended = at;
  }
  void operator()(const auto&) const {}
};

Loops loops_of(const StoredRun& run) {
  Loops loops;
  for (const RunEvent& event : run.events) std::visit(LoopTelling{loops, event.at}, event.what);
  return loops;
}

bool inside_of_loop(const StepPath& path, const Loops& loops) {
  for (std::size_t length = 2; length < path.size(); length += 2) {
    if (loops.contains(StepPath(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(length)))) return true;
  }
  return false;
}

Value counts_of(const std::map<std::uint32_t, ItemStory>& items) {
  std::map<std::string, std::int64_t> counts;
  for (const auto& [index, item] : items) ++counts[item.outcome];
  Map members;
  for (const auto& [outcome, count] : counts) members.set(outcome, count);
  return Value(std::move(members));
}

Value bytes_or_null(const Value& value) { return value.is_null() ? Value() : Value(bytes_of(value)); }

Value change_heads(const Value::List& changes) {
  Value::List heads;
  for (const Value& change : changes) {
    if (heads.size() == most_change_heads) break;
    Map members;
    for (const char* name : {"step", "action", "effect", "target", "summary"}) {
      const Value* member = change.find(name);
      members.set(name, member == nullptr ? Value() : *member);
    }
    heads.emplace_back(std::move(members));
  }
  return Value(std::move(heads));
}

Value shortened_to(const Value& value, std::size_t most) {
  if (bytes_of(value) <= most) return value;
  std::string text = encode_json(value);
  const std::size_t bytes = text.size();
  if (bytes <= most) return value;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
  return Value::object({{"shortened", true}, {"bytes", bytes}, {"preview", std::move(text)}});
}

/// What each attempt of the step came to.
struct AttemptTelling {
  const StepPath& path;
  Timestamp at;
  Value::List& attempts;

  void operator()(const StepStarted& event) const {
    if (event.path == path) attempts.push_back(attempt(render(at), Value(), Value(), Value()));
  }
  void operator()(const StepSucceeded& event) const {
    if (event.path == path) end_with(Value(), Value());
  }
  void operator()(const StepFailed& event) const {
    if (event.path == path) end_with(failure_value(event.failure), time_or_null(event.again_at));
  }
  void operator()(const auto&) const {}

 private:
  static Value attempt(Value started, Value ended, Value error, Value again_at) {
    return Value::object({{"started", std::move(started)},
                          {"ended", std::move(ended)},
                          {"error", std::move(error)},
                          {"again_at", std::move(again_at)}});
  }
  void end_with(Value error, Value again_at) const {
    if (attempts.empty()) return;
    const Value* started = attempts.back().find("started");
    attempts.back() = attempt(*started, render(at), std::move(error), std::move(again_at));
  }
};

/// What its writes were about to change, in their order.
Value before_of(const StoredRun& run, const StepPath& path) {
  Value::List list;
  for (const RunEvent& event : run.events) {
    const auto* seen = std::get_if<BeforeSeen>(&event.what);
    if (seen == nullptr || parse_effect_key(seen->key).step != path) continue;
    const Value* before = seen->seen.find("before");
    list.push_back(before == nullptr ? Value() : *before);
  }
  return list.empty() ? Value() : Value(std::move(list));
}

}  // namespace

std::optional<StepPath> parse_step_path(std::string_view text) {
  StepPath path;
  std::string dotted(text);
  std::replace(dotted.begin(), dotted.end(), '/', '.');
  for (const std::string& part : split(dotted, '.')) {
    std::uint32_t number = 0;
    const auto read = std::from_chars(part.data(), part.data() + part.size(), number);
    if (read.ec != std::errc() || read.ptr != part.data() + part.size()) return std::nullopt;
    path.push_back(number);
  }
  if (path.size() % 2 != 0) return std::nullopt;
  return path;
}

Value previewed(const Value& value) { return shortened_to(value, preview_bytes); }

Map encode_without_payloads(const ReadRun& run, const ApprovalLinks& links, Value changed_since) {
  Story story;
  for (const RunEvent& event : run.stored.events) story.hear(event);
  const Loops loops = loops_of(run.stored);
  Value::List steps;
  for (const auto& [path, told] : story.steps) {
    if (inside_of_loop(path, loops)) continue;
    Map members = head_of_step(path, told, run.began.get());
    members.set("input_bytes", bytes_or_null(told.input));
    members.set("output_bytes", bytes_or_null(told.output));
    members.set("condition", text_or_null(told.condition));
    members.set("kind", kind_or_null(run, path));
    const auto loop = loops.find(path);
    members.set("items", loop == loops.end() ? Value() : counts_of(loop->second));
    steps.emplace_back(std::move(members));
  }
  Map members = head_of_stored_run(run, links, std::move(changed_since));
  members.set("payload_bytes", bytes_or_null(run.stored.event.payload));
  members.set("steps", Value(std::move(steps)));
  members.set("change_list", change_heads(story.changes));
  return members;
}

Result<Value> encode_step_of(const ReadRun& run, const StepPath& path) {
  Story story;
  Value::List attempts;
  for (const RunEvent& event : run.stored.events) {
    story.hear(event);
    std::visit(AttemptTelling{path, event.at, attempts}, event.what);
  }
  const auto told = story.steps.find(path);
  if (told == story.steps.end())
    return Error{ErrorCode::not_found,
                 "the run " + render(run.stored.head.key) + " has not come to a step " + render(path)};
  Map members = head_of_step(path, told->second, run.began.get());
  members.set("condition", text_or_null(told->second.condition));
  members.set("kind", kind_or_null(run, path));
  members.set("input", previewed(told->second.input));
  members.set("output", previewed(told->second.output));
  members.set("before", previewed(before_of(run.stored, path)));
  members.set("history", Value(std::move(attempts)));
  return Value(std::move(members));
}

Result<Value> encode_items_of(const ReadRun& run, const StepPath& path, const ItemFilter& filter) {
  const Loops loops = loops_of(run.stored);
  const auto loop = loops.find(path);
  if (loop == loops.end())
    return Error{ErrorCode::not_found, "the step " + render(path) + " is no loop that has begun"};
  Value::List list;
  Value next;
  for (const auto& [index, item] : loop->second) {
    if (filter.after && index <= *filter.after) continue;
    if (!filter.outcome.empty() && item.outcome != filter.outcome) continue;
    if (list.size() == static_cast<std::size_t>(filter.limit)) {
      next = *list.back().find("index");
      break;
    }
    list.push_back(Value::object({{"index", std::int64_t{index}},
                                  {"item", shortened_to(item.item, item_bytes)},
                                  {"outcome", item.outcome},
                                  {"started", render(item.started)},
                                  {"ended", time_or_null(item.ended)},
                                  {"error", item.error}}));
  }
  return Value::object(
      {{"items", Value(std::move(list))}, {"counts", counts_of(loop->second)}, {"next", std::move(next)}});
}

}  // namespace millrace
