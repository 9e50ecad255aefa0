#include "service/feed.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "service/records.hpp"

namespace millrace {

Feed::Feed(std::int64_t first, std::size_t kept) : ring_(kept), first_(first), seq_(first) {}

Feed::Change& Feed::next(What what) {
  Change& change = ring_[place_of(++seq_)];
  change.what = what;
  change.key = 0;
  return change;
}

void Feed::note(const Entry& entry) {
  const std::int64_t before = seq_;
  for (const EventRecord& event : entry.events) {
    Change& change = next(What::event);
    change.key = static_cast<std::int64_t>(event.key);
    change.name = event.source;
  }
  for (const RunProgress& run : entry.runs) {
    Change& change = next(What::run);
    change.key = static_cast<std::int64_t>(run.head.key);
    change.name = run.head.workflow;
    change.outcome = run.head.outcome;
    change.queued = !run.head.started && run.head.outcome == RunOutcome::running;
  }
  for (const StateChange& state : entry.states) note_state(state);
  if (seq_ != before && listeners_ > 0) news_.announce();
}

void Feed::note_state(const StateChange& state) {
  if (state.owner != engine_owner) return;
  const std::string_view key = state.key;
  const std::array<std::pair<std::string_view, What>, 4> kinds = {{{alarm_prefix, What::alarm},
                                                                   {down_prefix, What::connection},
                                                                   {paused_prefix, What::workflow},
                                                                   {live_prefix, What::workflow}}};
  for (const auto& [prefix, what] : kinds) {
    if (key.starts_with(prefix)) next(what).name = key.substr(prefix.size());
  }
  if (key == paused_key || key == resumed_key) next(What::workflow).name.clear();  // all of them
}

bool Feed::reaches_back_to(std::int64_t since) const noexcept {
  return since >= first_ && since <= seq_ && seq_ - since <= static_cast<std::int64_t>(ring_.size());
}

std::vector<Value> Feed::after(std::int64_t since) const {
  std::set<std::tuple<What, std::int64_t, std::string_view>> seen;
  std::vector<Value> changes;
  for (std::int64_t seq = seq_; seq > since; --seq) {
    const Change& change = ring_[place_of(seq)];
    const bool keyed = change.what == What::run || change.what == What::event;
    const std::string_view name = keyed ? std::string_view() : std::string_view(change.name);
    if (seen.emplace(change.what, change.key, name).second) changes.push_back(encode(seq, change));
  }
  std::reverse(changes.begin(), changes.end());
  return changes;
}

Value Feed::encode(std::int64_t seq, const Change& change) {
  constexpr std::array<std::string_view, 5> names = {"run", "workflow", "event", "alarm", "connection"};
  const std::string_view what = names[static_cast<std::size_t>(change.what)];
  if (change.what == What::event) {
    return Value::object({{"seq", seq},
                          {"what", what},
                          {"id", render(EventKey{change.key})},
                          {"head", Value::object({{"source", change.name}})}});
  }
  if (change.what != What::run)
    return Value::object({{"seq", seq}, {"what", what}, {"id", change.name}, {"head", Value()}});
  const std::string_view outcome = change.queued ? "queued" : name_of(change.outcome);
  return Value::object({{"seq", seq},
                        {"what", what},
                        {"id", render(RunKey{change.key})},
                        {"head", Value::object({{"workflow", change.name}, {"outcome", outcome}})}});
}

Task<bool> Feed::wait(std::int64_t since, Deadline deadline) {
  struct Listening {
    explicit Listening(int& count) : count(count) { ++count; }
    ~Listening() { --count; }
    Listening(const Listening&) = delete;
    Listening& operator=(const Listening&) = delete;
    int& count;
  };
  const Listening listening(listeners_);
  while (seq_ <= since && !deadline.reached()) {
    const bool undisturbed = co_await news_.wait(deadline);
    if (!undisturbed) co_return false;
  }
  co_return true;
}

}  // namespace millrace
