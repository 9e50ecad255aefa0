#include "journal/witness.hpp"

#include <optional>
#include <set>
#include <utility>

#include "ask.hpp"
#include "run_events.hpp"
#include "value/json.hpp"

namespace millrace::test {

namespace {

constexpr Timestamp beginning{1'772'323'200, 0};
constexpr const char* source = "hook:witness";
const WorkflowVersion workflow{"witness", "4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce",
                               "name: w"};

Timestamp time_of(std::int64_t number) { return {beginning.seconds + number, 0}; }

/// Such entries end their run, until one that does not opens it again.
bool ends(std::int64_t number) { return number % 3 == 0; }

Task<void> commit_one(Journal& journal, Entry entry, std::optional<Result<Committed>>& answer) {
  auto committed = co_await journal.commit(std::move(entry));
  answer.emplace(std::move(committed));
}

Task<void> commit_all(Loop& loop, Journal& journal, std::vector<Entry> entries,
                      std::vector<std::optional<Result<Committed>>>& answers) {
  Scope scope(loop);
  for (std::size_t i = 0; i < entries.size(); ++i) scope.spawn(commit_one(journal, std::move(entries[i]), answers[i]));
  co_await scope.done();
}

std::string numbers(const std::vector<std::int64_t>& list) {
  std::string text;
  for (const std::int64_t number : list) text += (text.empty() ? "" : " ") + std::to_string(number);
  return "[" + text + "]";
}

bool same(const RunHead& left, const RunHead& right) {
  return left.key == right.key && left.event == right.event && left.workflow == right.workflow &&
         left.version == right.version && left.trigger == right.trigger && left.location == right.location &&
         left.zone == right.zone && left.lane == right.lane && left.live == right.live &&
         left.foreground == right.foreground && left.outcome == right.outcome && left.started == right.started &&
         left.ended == right.ended && left.wake_at == right.wake_at && left.changes == right.changes &&
         left.starts == right.starts && left.note == right.note;
}

RunEvent greeted(const Value& payload) {
  return {beginning, RunStarted{payload, Value::object({{"greeting", "hello"}}), Value(), beginning}};
}

RunEvent told(std::int64_t number) {
  return {time_of(number), StepSucceeded{{0, static_cast<std::uint32_t>(number)}, number}};
}

}  // namespace

Result<std::unique_ptr<Store>> open_on(Loop& loop, const SimulatedDisk& disk) {
  StoreOptions options;
  options.role = StoreOptions::Role::service;
  options.vfs = disk.name();
  return open_store(loop, store_file, options);
}

Value Witness::payload_of(std::int64_t number) const {
  const auto size = static_cast<std::size_t>(number * 7919) % largest_text_;
  return Value::object({{"n", number}, {"text", std::string(size, static_cast<char>('a' + number % 26))}});
}

RunHead Witness::head_of(const Run& run, std::int64_t last) const {
  RunHead head;
  head.key = run.key;
  head.event = run.event;
  head.workflow = workflow.workflow;
  head.version = workflow.hash;
  head.trigger = "webhook";
  head.location = "loc-1";
  head.zone = "Europe/London";
  head.lane = "lane-" + std::to_string(run.entries.front() % 3);
  head.live = true;
  head.started = time_of(run.entries.front());
  head.changes = last;
  head.note = "entry " + std::to_string(last);
  if (ends(last)) {
    head.outcome = RunOutcome::completed;
    head.ended = time_of(last);
  }
  return head;
}

void Witness::add_parts(Entry& entry, std::int64_t number) const {
  entry.states.push_back({"witness", std::to_string(number), number});
  entry.audit.push_back({time_of(number), "witness", "write", std::to_string(number), "entry"});
  entry.versions.push_back(workflow);
}

Entry Witness::begin_run(KeyMaker& keys, std::int64_t number) {
  Entry entry;
  const Run run{keys.next_run(beginning), keys.next_event(beginning), {number}};
  entry.events.push_back({run.event, source, std::to_string(number), time_of(number), payload_of(number)});
  entry.runs.push_back({head_of(run, number), true, {greeted(payload_of(number)), told(number)}});
  entries_[number] = {runs_.size(), false};
  runs_.push_back(run);
  add_parts(entry, number);
  return entry;
}

Entry Witness::continue_run(std::size_t index, std::int64_t number) {
  Entry entry;
  Run& run = runs_[index];
  run.entries.push_back(number);
  run.touched = true;
  entry.runs.push_back({head_of(run, number), false, {told(number)}});
  entries_[number] = {index, false};
  add_parts(entry, number);
  return entry;
}

int Witness::write(Loop& loop, Journal& journal, int count) {
  std::vector<Entry> entries;
  const std::int64_t first = last_number_ + 1;
  const std::size_t settled = runs_.size();
  for (int i = 0; i < count; ++i) {
    const std::size_t run = settled > 0 ? random_() % (settled * 2) : settled;
    const bool goes_on =
        run < settled && !runs_[run].entries.empty() && entries_[runs_[run].entries.front()].acknowledged;
    entries.push_back(goes_on ? continue_run(run, ++last_number_) : begin_run(journal.keys(), ++last_number_));
  }
  std::vector<std::optional<Result<Committed>>> answers(entries.size());
  ask(loop, commit_all(loop, journal, std::move(entries), answers));
  int acknowledged = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!*answers[i]) {
      refusals_.push_back(answers[i]->error());
      continue;
    }
    entries_[first + static_cast<std::int64_t>(i)].acknowledged = true;
    ++acknowledged;
  }
  acknowledged_ += acknowledged;
  return acknowledged;
}

Verdict Witness::examine(Loop& loop, Store& store, Refused refused) {
  Verdict verdict;
  settle(present_in(loop, store, verdict), refused, verdict);
  compare_runs(loop, store, verdict);
  if (verdict.lost == 0 && verdict.faults.empty()) deliver_again(loop, store, verdict);
  refusals_.clear();
  return verdict;
}

/// The numbers of the entries that the store has, by their states; the audit must say the same.
std::map<std::int64_t, std::string> Witness::present_in(Loop& loop, Store& store, Verdict& verdict) {
  std::map<std::int64_t, std::string> present;
  const auto states = ask(loop, store.journal().list_states("witness", ""));
  const auto audit = ask(loop, store.history().list_audit("", 1'000'000));
  if (!states || !audit) {
    verdict.faults.push_back("cannot be read: " + (states ? audit.error() : states.error()).message);
    return present;
  }
  for (const auto& [key, value] : *states) {
    present[std::stoll(key)] = key;
    if (value != Value(std::stoll(key))) verdict.faults.push_back("state " + key + " has another value");
  }
  std::set<std::string> told;
  for (const auto& [number, line, hash] : *audit) {
    if (!told.insert(line.about).second) verdict.faults.push_back("entry " + line.about + " was written twice");
    if (!present.contains(std::stoll(line.about)))
      verdict.faults.push_back("half of entry " + line.about + ": an audit line without its state");
  }
  for (const auto& [number, key] : present) {
    if (!told.contains(key)) verdict.faults.push_back("half of entry " + key + ": a state without its audit line");
  }
  return present;
}

void Witness::settle(const std::map<std::int64_t, std::string>& present, Refused refused, Verdict& verdict) {
  bool gap = false;
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    auto& [number, known] = *entry;
    const bool there = present.contains(number);
    if (!there && known.acknowledged) ++verdict.lost;
    if (there && gap && refused == Refused::in_order)
      verdict.faults.push_back("entry " + std::to_string(number) + " is there, an earlier one is not");
    gap = gap || !there;
    if (there) {
      known.acknowledged = true;
      ++entry;
      continue;
    }
    std::erase(runs_[known.run].entries, number);
    entry = entries_.erase(entry);
  }
  for (const auto& [number, key] : present) {
    if (!entries_.contains(number)) verdict.faults.push_back("entry " + key + " was gone and is there again");
  }
}

void Witness::compare_runs(Loop& loop, Store& store, Verdict& verdict) {
  RunFilter all;
  all.limit = 1'000'000;
  const auto heads = ask(loop, store.history().list_runs(all));
  const auto unfinished = ask(loop, store.journal().unfinished());
  if (!heads || !unfinished) {
    verdict.faults.push_back("cannot be read: " + (heads ? unfinished.error() : heads.error()).message);
    return;
  }
  std::map<RunKey, const RunHead*> kept;
  for (const RunHead& head : *heads) kept[head.key] = &head;
  std::size_t expected = 0, open = 0;
  const bool all_of_it = random_() % 16 == 0;
  for (Run& run : runs_) {
    if (run.entries.empty()) continue;
    ++expected;
    const RunHead head = head_of(run, run.entries.back());
    if (head.outcome == RunOutcome::running) ++open;
    const auto found = kept.find(run.key);
    if (found == kept.end() || !same(*found->second, head))
      verdict.faults.push_back("the head of the run of entries " + numbers(run.entries) + " is another or none");
    if (all_of_it || (std::exchange(run.touched, false) && random_() % 3 == 0)) compare_run(loop, store, run, verdict);
  }
  if (heads->size() != expected)
    verdict.faults.push_back("there are " + std::to_string(heads->size()) + " runs, not " + std::to_string(expected));
  if (unfinished->size() != open) verdict.faults.push_back("the unfinished runs are not those that have not ended");
}

void Witness::compare_run(Loop& loop, Store& store, const Run& run, Verdict& verdict) {
  const std::string who = "the run of entries " + numbers(run.entries);
  const auto stored = ask(loop, store.journal().read(run.key));
  if (!stored) {
    verdict.faults.push_back(who + " cannot be read: " + stored.error().message);
    return;
  }
  const Value payload = payload_of(run.entries.front());
  if (stored->event.id != std::to_string(run.entries.front()) || stored->event.payload != payload)
    verdict.faults.push_back(who + " has another event");
  if (stored->text != workflow.text) verdict.faults.push_back(who + " has another text");
  std::vector<std::int64_t> told;
  for (const RunEvent& event : stored->events) {
    if (const auto* done = std::get_if<StepSucceeded>(&event.what)) told.push_back(done->output.integer());
  }
  if (told != run.entries) verdict.faults.push_back(who + " has events of the entries " + numbers(told));
  const bool begins_well = !stored->events.empty() && said_by(stored->events.front()) == said_by(greeted(payload));
  if (!begins_well) verdict.faults.push_back(who + " begins differently");
}

/// An event that was acknowledged comes a second time.
void Witness::deliver_again(Loop& loop, Store& store, Verdict& verdict) {
  if (runs_.empty()) return;
  const Run& run = runs_[random_() % runs_.size()];
  if (run.entries.empty()) return;
  const std::string id = std::to_string(run.entries.front());
  Entry entry;
  Run second{store.journal().keys().next_run(beginning), store.journal().keys().next_event(beginning), {-1}};
  entry.events.push_back({second.event, source, id, beginning, Value()});
  entry.runs.push_back({head_of(second, -1), true, {}});
  entry.states.push_back({"second delivery", id, true});
  const auto answer = ask(loop, store.journal().commit(std::move(entry)));
  if (!answer) {
    verdict.faults.push_back("entry " + id + " cannot be delivered again: " + answer.error().message);
  } else if (!answer->duplicate || answer->event != run.event || answer->runs != std::vector{run.key}) {
    verdict.faults.push_back("the second delivery of entry " + id + " is not recognised");
  }
  const auto state = ask(loop, store.journal().read_state("second delivery", id));
  if (!state || !state->is_null()) verdict.faults.push_back("the second delivery of entry " + id + " wrote something");
}

}  // namespace millrace::test
