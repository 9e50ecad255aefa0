#include <algorithm>
#include <map>
#include <utility>

#include "journal/journal.hpp"
#include "journal/state_text.hpp"
#include "value/extent.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

class MemoryJournal final : public Journal {
 public:
  Task<Result<Committed>> commit(Entry entry) override {
    Committed committed;
    if (has_taken_name(entry)) co_return Error{ErrorCode::conflict, "a name of what is new is taken in the journal"};
    for (StateChange& state : entry.states) {
      auto kept = as_kept(state.value);
      if (!kept) co_return kept.error();
      state.value = std::move(*kept);
      const auto held = states_.find(Place(state.owner, state.key));
      if (state.expected && !same_state(held == states_.end() ? Value() : held->second, *state.expected))
        co_return state_conflict(state.owner, state.key);
    }
    for (EventRecord& event : entry.events) {
      const Place place(event.source, event.id);
      const auto known = event.id.empty() ? ids_.end() : ids_.find(place);
      if (known != ids_.end()) co_return Committed{true, known->second, runs_of(known->second)};
      if (!event.id.empty()) ids_[place] = event.key;
      if (committed.event == EventKey{}) committed.event = event.key;
      events_[event.key] = std::move(event);
    }
    for (WorkflowVersion& version : entry.versions) texts_[version.hash] = std::move(version.text);
    for (RunProgress& progress : entry.runs) {
      if (progress.is_new) committed.runs.push_back(progress.head.key);
      StoredRun& kept = runs_[progress.head.key];
      kept.head = std::move(progress.head);
      for (RunEvent& event : progress.events) kept.events.push_back(std::move(event));
    }
    for (StateChange& state : entry.states) {
      const Place place(std::move(state.owner), std::move(state.key));
      if (state.value.is_null()) {
        states_.erase(place);
      } else {
        states_[place] = std::move(state.value);
      }
    }
    co_return committed;
  }

  Task<Result<StoredRun>> read(RunKey run) override {
    const auto found = runs_.find(run);
    if (found == runs_.end()) co_return Error{ErrorCode::not_found, "there is no run " + render(run)};
    StoredRun stored = found->second;
    const auto event = events_.find(stored.head.event);
    if (event != events_.end()) stored.event = event->second;
    const auto text = texts_.find(stored.head.version);
    if (text != texts_.end()) stored.text = text->second;
    co_return stored;
  }

  Task<Result<std::vector<RunHead>>> unfinished() override {
    std::vector<RunHead> heads;
    for (const auto& [key, run] : runs_) {
      if (!has_ended(run.head.outcome) && !run.head.foreground) heads.push_back(run.head);
    }
    co_return heads;
  }

  Task<Result<std::vector<UnfinishedEvent>>> unfinished_events() override {
    std::map<EventKey, UnfinishedEvent> found;
    for (const auto& [key, run] : runs_) {
      const auto event = events_.find(run.head.event);
      if (has_ended(run.head.outcome) || run.head.foreground || event == events_.end()) continue;
      found[event->first] = {event->first, event->second.source, bytes_of(event->second.payload)};
    }
    std::vector<UnfinishedEvent> events;
    for (auto& [key, event] : found) events.push_back(std::move(event));
    co_return events;
  }

  Task<Result<Value>> read_state(std::string owner, std::string key) override {
    const auto found = states_.find(Place(std::move(owner), std::move(key)));
    co_return found == states_.end() ? Value() : found->second;
  }

  Task<Result<std::vector<std::pair<std::string, Value>>>> list_states(std::string owner, std::string prefix) override {
    std::vector<std::pair<std::string, Value>> found;
    for (auto each = states_.lower_bound(Place(owner, prefix)); each != states_.end(); ++each) {
      const auto& [of, key] = each->first;
      if (of != owner || !key.starts_with(prefix)) break;
      found.emplace_back(key, each->second);
    }
    co_return found;
  }

  Task<Result<std::uint64_t>> state_size(std::string owner) override { co_return state_bytes(states_, owner); }

  KeyMaker& keys() noexcept override { return keys_; }

 private:
  using Place = std::pair<std::string, std::string>;

  bool has_taken_name(const Entry& entry) const {
    const auto known = [this](const EventRecord& event) { return events_.contains(event.key); };
    const auto begun = [this](const RunProgress& run) { return run.is_new && runs_.contains(run.head.key); };
    return std::any_of(entry.events.begin(), entry.events.end(), known) ||
           std::any_of(entry.runs.begin(), entry.runs.end(), begun);
  }

  /// The value as a store on disk gives it back.
  static Result<Value> as_kept(const Value& value) {
    const std::string text = TRY(state_text(value));
    return parse_json(text);
  }

  std::vector<RunKey> runs_of(EventKey event) const {
    std::vector<RunKey> keys;
    for (const auto& [key, run] : runs_) {
      if (run.head.event == event) keys.push_back(key);
    }
    return keys;
  }

  std::map<EventKey, EventRecord> events_;
  std::map<Place, EventKey> ids_;
  std::map<RunKey, StoredRun> runs_;
  std::map<Place, Value> states_;
  std::map<std::string, std::string> texts_;  // of workflows, by hash
  KeyMaker keys_{0, true};                    // a plan's name may come to be a run's of a store
};

}  // namespace

std::unique_ptr<Journal> open_memory_journal() { return std::make_unique<MemoryJournal>(); }

}  // namespace millrace
