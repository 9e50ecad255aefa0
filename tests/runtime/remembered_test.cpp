#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <set>

#include "ask.hpp"
#include "decider/run_state.hpp"
#include "journal_around.hpp"
#include "runtime/clocks.hpp"
#include "runtime/run.hpp"
#include "temporary_folder.hpp"
#include "value/json.hpp"
#include "workflow/load.hpp"

namespace millrace {

namespace {

constexpr const char* jobs_manifest = R"({
  "manifest": 1, "name": "jobs", "version": "1.0.0", "summary": "Jobs that remember", "library": true,
  "actions": {
    "claim": {"summary": "Whether nobody has claimed it", "effect": "read", "output": {"type": "object"}, "examples": [],
      "input": {"type": "object", "properties": {"key": {"type": "string"}}, "required": ["key"]}},
    "count": {"summary": "Count one more", "effect": "read", "output": {"type": "object"}, "examples": [],
      "input": {"type": "object", "properties": {"key": {"type": "string"}}, "required": ["key"]}},
    "outlive": {"summary": "Ends well, and late", "effect": "read", "output": {}, "examples": []},
    "record": {"summary": "Keeps what it has made, claims, and fails at first", "effect": "read",
      "output": {"type": "object"}, "examples": [],
      "input": {"type": "object", "properties": {"hangs": {"type": "boolean"}}}},
    "change": {"summary": "Notes how to undo it, and changes something", "effect": "create", "calls": ["note.write"],
      "target": "thing", "output": {"type": "object"}, "examples": [],
      "input": {"type": "object", "properties": {"key": {"type": "string"}}, "required": ["key"]}}
  }
})";

constexpr const char* send_manifest = R"({
  "manifest": 1, "name": "note", "version": "1.0.0", "summary": "A far side", "library": false,
  "actions": {
    "write": {"summary": "Write", "effect": "create", "output": {}, "repeat": "keyed", "examples": [],
      "input": {"type": "object", "properties": {"url": {"type": "string"}, "text": {"type": "string"}}},
      "request": {"method": "POST", "url_input": "url", "body": {"text": "text"}}}
  }
})";

/// The jobs without a library. Between what each reads and what it writes others have their say.
class Jobs final : public PluginHost {
 public:
  Status open(const Manifest&) override { return Done{}; }

  Task<Result<Value>> call(const Manifest&, const Action& action, Value input, CallServices& services) override {
    ++calls;
    const std::string key = input.text_or("key");
    if (action.name == "jobs.record") {
      const Value* hangs = input.find("hangs");
      auto given = co_await record(services, hangs != nullptr && hangs->is_true());
      co_return given;
    }
    if (action.name == "jobs.outlive") {
      const std::string made_key = "made";
      co_await services.write_state(made_key, action.name);
      co_await sleep_for(std::chrono::hours(1));
      co_return Value("here it is");
    }
    if (action.name == "jobs.change") {
      auto given = co_await change(services, key);
      co_return given;
    }
    const bool counts = action.name == "jobs.count";
    auto held = co_await services.read_state(key);
    while (held) {
      co_await sleep_for(std::chrono::milliseconds(1));
      if (!counts && !held->is_null()) co_return Value::object({{"first", false}});
      Value next = counts ? Value(held->is_null() ? 1 : held->integer() + 1) : Value("claimed");
      const Value expected = *held;
      const auto swap = co_await services.swap_state(key, expected, next);
      if (!swap) co_return swap.error();
      if (swap->find("swapped")->is_true()) co_return counts ? next : Value::object({{"first", true}});
      held = *swap->find("value");
    }
    co_return held.error();
  }

  Task<Status> listen(const Manifest&, const Trigger&, Value, CallServices&, std::function<Status(Value)>) override {
    co_return Error{ErrorCode::unavailable, "nothing is emitted here"};
  }

  int calls = 0;

 private:
  Task<Result<Value>> record(CallServices& services, bool hangs) {
    const std::string made_key = "made", claim_key = "claim";
    const auto before = co_await services.read_state(made_key);
    Value made("thing " + std::to_string(calls));
    co_await services.write_state(made_key, made);
    const auto seen = co_await services.read_state(made_key);
    const Value claimed("claimed"), nothing;
    const auto swap = co_await services.swap_state(claim_key, nothing, claimed);
    if (hangs) {
      co_await sleep_for(std::chrono::hours(1));
    }
    if (calls == 1) co_return Error{ErrorCode::unavailable, "not now"};
    co_return Value::object({{"before", *before}, {"seen", *seen}, {"swapped", *swap->find("swapped")}});
  }

  Task<Result<Value>> change(CallServices& services, std::string key) {
    const std::string send = "note.write";
    const Value about("about"), done("done");
    const Value input = Value::object({{"url", "http://far.test/"}, {"text", "hello"}});
    co_await services.write_state(key, about);
    auto sent = co_await services.call_action(send, input);
    if (!sent) co_return sent.error();
    co_await services.write_state(key, done);
    co_return Value(Map());
  }
};

/// Hands on to a journal in memory, and keeps the entries: what there would be if the engine were killed behind each.
class Book final : public test::JournalAround {
 public:
  explicit Book(std::vector<Entry> before = {}) : Book(open_memory_journal()) {
    Loop loop;
    for (Entry& entry : before) REQUIRE(test::ask(loop, JournalAround::commit(std::move(entry))));
  }
  Task<Result<Committed>> commit(Entry entry) override {
    Entry kept = entry;
    auto written = co_await JournalAround::commit(std::move(entry));
    if (written) entries.push_back(std::move(kept));
    co_return written;
  }

  std::vector<Entry> entries;

 private:
  explicit Book(std::unique_ptr<Journal> inner) : JournalAround(*inner), inner_(std::move(inner)) {}
  std::unique_ptr<Journal> inner_;
};

class CountingGate final : public Gate {
 public:
  CountingGate(StateStore& states, Ledger& ledger, int& sent) : states_(states), ledger_(ledger), sent_(sent) {}
  Task<Result<Value>> perform(const Action& action, Value, CallSite site) override {
    Result<Value> answer = Value::object({{"answer", "ok"}});
    if (!site.recorded) {
      const auto known = co_await ledger_.begin(action, site);
      if (!known) co_return known.error();
      if (known->answer) co_return *known->answer;
    }
    ++sent_;
    if (!site.recorded) {
      co_await ledger_.end(action, site, answer);
    }
    co_return answer;
  }
  Task<Result<Value>> request(const Action&, RequestParts, Value, CallSite) override { co_return Value(); }
  Task<Result<Value>> write_file(const Action&, std::string, std::string, CallSite) override { co_return Value(); }
  Status announce(const Action&, std::int64_t, const CallSite&) override { return Done{}; }
  StateStore& state() override { return states_; }

 private:
  StateStore& states_;
  Ledger& ledger_;
  int& sent_;
};

/// Runs of one workflow, side by side or one life after the other.
struct Lives : Gates, Callees {
  explicit Lives(const std::string& actions) {
    folder.write("plugins/jobs/jobs.json", jobs_manifest);
    folder.write("plugins/jobs/jobs.so", "");  // looked for, and never loaded here
    folder.write("plugins/note/note.json", send_manifest);
    catalog = Catalog::load(folder.path() / "plugins", "");
    const std::string text = "version: 1\nname: Bench\ntriggers:\n  - manual\nactions:\n" + actions;
    LoadedWorkflow loaded = load_workflow(std::make_shared<const SourceText>(SourceText{"bench.yaml", text}), catalog);
    for (const Finding& finding : loaded.findings) MESSAGE(render(finding));
    REQUIRE(loaded.workflow);
    workflow = std::make_shared<const Workflow>(std::move(*loaded.workflow));
  }

  RunRequest request(std::int64_t key, bool live) {
    RunRequest request;
    request.workflow = workflow;
    request.head.key = RunKey{key};
    request.head.zone = "Europe/London";
    request.head.live = live;
    request.event = *parse_json(R"({"items": [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]})");
    return request;
  }
  World world() { return {loop, project, catalog, jobs, *journal, *clock, *this, *this}; }

  Task<void> live(std::int64_t key, bool live) {
    RunRequest wanted = request(key, live);
    Entry beginning;
    RunReport report = co_await carry_out(world(), std::move(wanted), std::move(beginning));
    reports.push_back(std::move(report));
  }
  Task<void> live_side_by_side(std::int64_t count, bool live_ones) {
    Scope scope(loop);
    for (std::int64_t key = 1; key <= count; ++key) scope.spawn(live(key, live_ones));
    co_await scope.done();
  }
  /// What the run is, taken up where the engine was killed behind so many entries.
  RunState live_on(std::size_t entries) {
    const auto kept = std::move(journal);
    journal = std::make_unique<Book>(
        std::vector<Entry>(kept->entries.begin(), kept->entries.begin() + static_cast<std::ptrdiff_t>(entries)));
    jobs.calls = sent = 0;
    const auto stored = test::ask(loop, journal->read(RunKey{1}));
    REQUIRE(stored);
    auto run = std::make_unique<Run>(world(), request(1, true));
    run->take_up(*stored);
    if (!run->finished()) test::ask(loop, run->carry_on());
    RunState state = run->state();
    run.reset();
    states_at_end = encode_json(*test::ask(loop, journal->read_state("jobs", "k")));
    journal = std::make_unique<Book>();
    journal->entries = kept->entries;
    return state;
  }

  std::string state(const std::string& key) { return encode_json(*test::ask(loop, journal->read_state("jobs", key))); }

  std::unique_ptr<Gate> open(const Workflow&, bool live, Ledger& ledger) override {
    below.push_back(open_states_in(*journal));
    if (!live) overlays.push_back(std::make_unique<StateOverlay>(*below.back()));
    return std::make_unique<CountingGate>(live ? static_cast<StateStore&>(*below.back()) : *overlays.back(), ledger,
                                          sent);
  }
  Task<Result<Value>> call(CallOrder order) override {
    co_return Error{ErrorCode::not_found, "there is no workflow " + order.workflow};
  }

  test::TemporaryFolder folder;
  Loop loop;
  Project project;
  Catalog catalog;
  Jobs jobs;
  std::unique_ptr<Book> journal = std::make_unique<Book>();
  std::unique_ptr<Clock> clock = open_system_clock();
  std::shared_ptr<const Workflow> workflow;
  std::vector<std::unique_ptr<StateStore>> below, overlays;
  std::vector<RunReport> reports;
  std::string states_at_end;
  int sent = 0;
};

/// How many items of a loop's results say `member`.
std::ptrdiff_t saying(const Value& results, const char* member) {
  return std::count_if(results.list().begin(), results.list().end(), [member](const Value& each) {
    const Value* output = each.find("output");
    return output->find(member) != nullptr && output->find(member)->is_true();
  });
}

constexpr const char* claim_and_send =
    "  - {id: claimed, action: jobs.claim, with: {key: k}}\n"
    "  - {if: claimed.first, action: note.write, with: {url: \"http://far.test/\", text: hello}}\n";

}  // namespace

TEST_SUITE_BEGIN("runtime");

TEST_CASE("wherever the engine is killed, what a step's library remembers and what its run has heard go together") {
  Lives lives(claim_and_send);
  test::ask(lives.loop, lives.live(1, true));
  CHECK(lives.reports[0].outcome == RunOutcome::completed);
  CHECK(lives.sent == 1);
  std::set<int> calls;
  for (std::size_t entries = 1; entries <= lives.journal->entries.size(); ++entries) {
    CAPTURE(entries);
    const RunState state = lives.live_on(entries);
    calls.insert(lives.jobs.calls);
    CHECK(state.outcome == RunOutcome::completed);
    CHECK(encode_json(*state.names.find("claimed")) == R"({"first":true})");
    CHECK(lives.states_at_end == R"("claimed")");
  }
  CHECK(calls == std::set<int>{0, 1});  // whose outcome was written is not called once more
}

TEST_CASE("wherever the engine is killed, what a library noted before a change is there where the change may be") {
  Lives lives("  - {action: jobs.change, with: {key: k}}\n");
  test::ask(lives.loop, lives.live(1, true));
  REQUIRE(lives.sent == 1);
  std::string states;
  for (std::size_t entries = 1; entries <= lives.journal->entries.size(); ++entries) {
    CAPTURE(entries);
    const auto& written = lives.journal->entries;
    Book book(std::vector<Entry>(written.begin(), written.begin() + static_cast<std::ptrdiff_t>(entries)));
    const auto stored = test::ask(lives.loop, book.read(RunKey{1}));
    REQUIRE(stored);
    const bool may_have_left = std::any_of(stored->events.begin(), stored->events.end(), [](const RunEvent& event) {
      return std::holds_alternative<EffectBegun>(event.what);
    });
    const auto held = test::ask(lives.loop, book.read_state("jobs", "k"));
    states += (may_have_left ? "may have left, " : "not left, ") + encode_json(*held) + "; ";
    CHECK(lives.live_on(entries).outcome == RunOutcome::completed);
    CHECK(lives.states_at_end == R"("done")");
  }
  CHECK(
      states ==
      R"(not left, null; may have left, "about"; may have left, "about"; may have left, "done"; may have left, "done"; )");
}

TEST_CASE("of many that claim the same at once exactly one is the first, and of many that count none is lost") {
  const std::string each = "for_each: event.items, parallel: 20, do: [";
  Lives lives("  - {id: claims, " + each + "{action: jobs.claim, with: {key: k}}]}\n  - {id: counts, " + each +
              "{action: jobs.count, with: {key: n}}]}\n" +
              "  - {id: told, set: {first: \"${{ claims.results }}\", counts: \"${{ counts.results }}\"}}\n");
  SUBCASE("in a run") {
    test::ask(lives.loop, lives.live(1, true));
    CHECK(lives.state("n") == "20");
  }
  SUBCASE("in runs side by side") {
    test::ask(lives.loop, lives.live_side_by_side(3, true));
    CHECK(lives.state("n") == "60");
  }
  SUBCASE("in a plan, of which nothing is kept") {
    test::ask(lives.loop, lives.live(1, false));
    CHECK(lives.state("n") == "null");
    CHECK(lives.state("k") == "null");
  }
  std::ptrdiff_t first = 0;
  std::set<std::int64_t> counts;
  for (const RunReport& report : lives.reports) {
    REQUIRE(report.outcome == RunOutcome::completed);
    first += saying(*report.output.find("first"), "first");
    for (const Value& one : report.output.find("counts")->list()) counts.insert(one.find("output")->integer());
  }
  CHECK(first == 1);
  CHECK(counts.size() == 20 * lives.reports.size());
}

TEST_CASE("of an attempt that failed what was plainly written is kept, and what it swapped is not") {
  Lives lives("  - {id: made, action: jobs.record, retry: {attempts: 2, delay: 1ms}}\n");
  test::ask(lives.loop, lives.live(1, true));
  REQUIRE(lives.reports[0].outcome == RunOutcome::completed);
  CHECK(encode_json(lives.reports[0].output) == R"({"before":"thing 1","seen":"thing 2","swapped":true})");
  CHECK(lives.state("made") == R"("thing 2")");
  CHECK(lives.state("claim") == R"("claimed")");
}

TEST_CASE("a step that ends well after its time is over has failed, as a group does") {
  for (const std::string step :
       {"  - {action: jobs.outlive, timeout: 20ms}\n", "  - {timeout: 20ms, do: [{action: jobs.outlive}]}\n"}) {
    Lives lives(step);
    test::ask(lives.loop, lives.live(1, true));
    CHECK(lives.reports[0].outcome == RunOutcome::failed);
    REQUIRE(lives.reports[0].error);
    CHECK(lives.reports[0].error->code == ErrorCode::timeout);
    CHECK(lives.reports[0].error->message.find("not done within 20ms") != std::string::npos);
    CHECK(lives.state("made") == R"("jobs.outlive")");
  }
}

TEST_CASE("of a step that was called off what was plainly written is kept, too") {
  Lives lives("  - {action: jobs.record, with: {hangs: true}, timeout: 20ms, on_error: continue}\n");
  test::ask(lives.loop, lives.live(1, true));
  CHECK(lives.reports[0].outcome == RunOutcome::completed);
  CHECK(lives.state("made") == R"("thing 1")");
  CHECK(lives.state("claim") == "null");
}

TEST_SUITE_END();

}  // namespace millrace
