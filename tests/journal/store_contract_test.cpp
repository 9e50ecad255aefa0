#include "journal/store_contract.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "journal/entries.hpp"
#include "run_events.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

using test::ask;
using test::begin;
using test::commit;
using test::event;
using test::go_on;
using test::in_every_journal;
using test::later;
using test::morning;
using test::outline;
using test::started;
using test::succeeded;
using test::with_input;

std::string outputs(const StoredRun& run) { return test::outputs_of(run.events); }

std::string names(const std::vector<std::pair<std::string, Value>>& states) {
  std::string text;
  for (const auto& [key, value] : states) text += key + "=" + encode_json(value) + " ";
  return text;
}

Task<void> write_down(Journal& journal, Entry entry, Result<Committed>& answer) {
  answer = co_await journal.commit(std::move(entry));
}

/// All of them at the same moment; their answers in the order of the calls.
Task<std::vector<Result<Committed>>> write_all_down(Loop& loop, Journal& journal, std::vector<Entry> entries) {
  std::vector<Result<Committed>> answers(entries.size(), Committed{});
  Scope scope(loop);
  for (std::size_t i = 0; i < entries.size(); ++i) scope.spawn(write_down(journal, std::move(entries[i]), answers[i]));
  co_await scope.done();
  co_return answers;
}

}  // namespace

TEST_CASE("an entry comes back with its event, its run, what happened and the text of the workflow") {
  in_every_journal([](Loop& loop, Journal& journal) {
    const Value payload =
        Value::object({{"tag", "vip"}, {"at", morning}, {"raw", Value::bytes(std::string("\0\xff", 2))}});
    const Value delivery = Value::object({{"method", "POST"}, {"headers", Value::object({{"x-event", "push"}})}});
    Entry entry = begin(journal.keys(), "e-1", RunOutcome::running, payload);
    entry.events.front().delivery = delivery;
    entry.events.front().chain = {"before"};
    entry.runs.front().events.push_back(succeeded(1));
    entry.runs.front().head.wake_at = later(60);
    entry.runs.front().head.starts = 2;
    entry.runs.front().head.changes = 7;
    const EventKey key = entry.events.front().key;
    const RunKey run = entry.runs.front().head.key;

    const Committed committed = commit(loop, journal, std::move(entry));
    CHECK_FALSE(committed.duplicate);
    CHECK(committed.event == key);
    CHECK(committed.runs == std::vector{run});

    const auto stored = ask(loop, journal.read(run));
    REQUIRE(stored);
    CHECK(outline(stored->head) ==
          "tidy running webhook loc-1 Europe/London tidy/loc-1 3c99 live started 0 wakes 60 changes 7 starts 2: first");
    CHECK(stored->head.key == run);
    CHECK(stored->head.event == key);
    CHECK(stored->event.key == key);
    CHECK(stored->event.source == "hook:tidy");
    CHECK(stored->event.id == "e-1");
    CHECK(stored->event.at == morning);
    CHECK(stored->event.payload == payload);
    CHECK(stored->event.delivery == delivery);
    CHECK(stored->event.chain == std::vector<std::string>{"before"});
    CHECK(stored->text == "name: Tidy\n");
    REQUIRE(stored->events.size() == 2);
    CHECK(test::Said().by(stored->events[0]) == test::Said().by(started(payload)));
    CHECK(outputs(*stored) == "1 ");
  });
}

TEST_CASE("a run that is not known is not found") {
  in_every_journal([](Loop& loop, Journal& journal) {
    const auto stored = ask(loop, journal.read(RunKey{12345}));
    REQUIRE_FALSE(stored);
    CHECK(stored.error().code == ErrorCode::not_found);
    CHECK(stored.error().message.find(render(RunKey{12345})) != std::string::npos);
  });
}

TEST_CASE("the second delivery of an event is a duplicate: it gives what became of the first and writes nothing") {
  in_every_journal([](Loop& loop, Journal& journal) {
    Entry first = begin(journal.keys(), "e-1");
    first.runs.push_back({test::head(journal.keys(), first.events.front()), true, {}});
    const Committed accepted = commit(loop, journal, first);
    CHECK(accepted.runs.size() == 2);

    Entry second = begin(journal.keys(), "e-1");
    second.states.push_back({"tags", "link", true});
    const RunKey run = second.runs.front().head.key;
    const Committed again = commit(loop, journal, std::move(second));
    CHECK(again.duplicate);
    CHECK(again.event == accepted.event);
    CHECK(again.runs == accepted.runs);
    CHECK_FALSE(ask(loop, journal.read(run)));
    CHECK(ask(loop, journal.read_state("tags", "link"))->is_null());
    CHECK(ask(loop, journal.unfinished())->size() == 2);
  });
}

TEST_CASE("of the same event at the same moment one is taken, and the others get what became of that one") {
  in_every_journal([](Loop& loop, Journal& journal) {
    std::vector<Entry> entries;
    for (int i = 0; i < 20; ++i) entries.push_back(begin(journal.keys(), "e-1"));
    const auto answers = ask(loop, write_all_down(loop, journal, std::move(entries)));
    int taken = 0;
    for (const auto& answer : answers) {
      REQUIRE(answer);
      if (!answer->duplicate) ++taken;
      CHECK(answer->event == answers.front()->event);
      CHECK(answer->runs == answers.front()->runs);
    }
    CHECK(taken == 1);
    CHECK(ask(loop, journal.unfinished())->size() == 1);
  });
}

TEST_CASE("an event is a duplicate only of one with the same source and id, and never without an id") {
  in_every_journal([](Loop& loop, Journal& journal) {
    for (const char* source : {"hook:tidy", "hook:other"}) {
      Entry entry;
      entry.events.push_back(event(journal.keys(), "e-1", Value(), source));
      CHECK_FALSE(commit(loop, journal, std::move(entry)).duplicate);
    }
    for (int i = 0; i < 2; ++i) CHECK_FALSE(commit(loop, journal, begin(journal.keys(), "")).duplicate);

    Entry several;
    for (int i = 0; i < 3; ++i) several.events.push_back(event(journal.keys(), "", i, "watch:contacts"));
    const EventKey first = several.events.front().key;
    several.runs.push_back({test::head(journal.keys(), several.events.back()), true, {started(2)}});
    const RunKey run = several.runs.front().head.key;
    const Committed committed = commit(loop, journal, std::move(several));
    CHECK(committed.event == first);
    CHECK(ask(loop, journal.read(run))->event.payload == Value(2));
  });
}

TEST_CASE("an entry whose event or new run has a name that is taken is refused whole, and with new names it is kept") {
  in_every_journal([](Loop& loop, Journal& journal) {
    Entry first = begin(journal.keys(), "e-1");
    const EventKey event = first.events.front().key;
    const RunKey run = first.runs.front().head.key;
    commit(loop, journal, std::move(first));
    for (const bool of_event : {true, false}) {
      Entry entry = begin(journal.keys(), of_event ? "e-2" : "e-3");
      Entry anew = entry;
      if (of_event) entry.events.front().key = entry.runs.front().head.event = event;
      if (!of_event) entry.runs.front().head.key = run;
      const auto refused = ask(loop, journal.commit(std::move(entry)));
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code == ErrorCode::conflict);
      CHECK_FALSE(commit(loop, journal, std::move(anew)).duplicate);
    }
    CHECK(ask(loop, journal.read(run))->event.key == event);
  });
}

TEST_CASE("an entry that is refused takes none of those with it that come at the same moment") {
  in_every_journal([](Loop& loop, Journal& journal) {
    KeyMaker& keys = journal.keys();
    const RunKey taken = commit(loop, journal, begin(keys, "e-1")).runs.front();
    std::vector<Entry> entries = {begin(keys, "e-2"), begin(keys, "e-3"), begin(keys, "e-4")};
    entries[1].runs.front().head.key = taken;
    const auto answers = ask(loop, write_all_down(loop, journal, std::move(entries)));
    CHECK(answers[0]);
    REQUIRE_FALSE(answers[1]);
    CHECK(answers[1].error().code == ErrorCode::conflict);
    CHECK(answers[2]);
    CHECK_FALSE(commit(loop, journal, begin(keys, "e-3")).duplicate);
    for (const char* id : {"e-2", "e-4"}) CHECK(commit(loop, journal, begin(keys, id)).duplicate);
  });
}

TEST_CASE("an entry whose values cannot be kept, or are not what was expected, is refused whole") {
  in_every_journal([](Loop& loop, Journal& journal) {
    Entry first;
    first.states.push_back({"tags", "link", 1});
    commit(loop, journal, std::move(first));
    const std::pair<StateChange, ErrorCode> wrong[] = {
        {{"tags", "link", 3, Value(2)}, ErrorCode::conflict},
        {{"tags", "absent", 3, Value(2)}, ErrorCode::conflict},
        {{"tags", "link", Value::unknown("the id of tag vip")}, ErrorCode::invalid}};
    for (const auto& [change, code] : wrong) {
      Entry entry = begin(journal.keys(), "e-1");
      const RunKey run = entry.runs.front().head.key;
      entry.states = {{"tags", "other", 1}, change};
      const auto refused = ask(loop, journal.commit(std::move(entry)));
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code == code);
      CHECK(ask(loop, journal.read(run)).error().code == ErrorCode::not_found);
      CHECK(ask(loop, journal.read_state("tags", "other"))->is_null());
      CHECK(ask(loop, journal.read_state("tags", "link"))->integer() == 1);
    }
    Entry swap = begin(journal.keys(), "e-1");
    swap.states = {{"tags", "link", 2, Value(1)}, {"tags", "absent", 1, Value()}};
    CHECK_FALSE(commit(loop, journal, std::move(swap)).duplicate);
    CHECK(ask(loop, journal.read_state("tags", "link"))->integer() == 2);
  });
}

TEST_CASE("values are kept as JSON, so that a time comes back as text") {
  in_every_journal([](Loop& loop, Journal& journal) {
    Entry entry;
    entry.states.push_back({"tags", "at", Value::object({{"last", morning}})});
    commit(loop, journal, std::move(entry));
    const auto held = ask(loop, journal.read_state("tags", "at"));
    CHECK(held->text_or("last") == render(morning));
    CHECK(names(*ask(loop, journal.list_states("tags", ""))) == "at=" + encode_json(*held) + " ");
  });
}

TEST_CASE("an entry with nothing in it is kept by doing nothing") {
  in_every_journal([](Loop& loop, Journal& journal) {
    CHECK_FALSE(commit(loop, journal, Entry{}).duplicate);
    CHECK(ask(loop, journal.unfinished())->empty());
  });
}

TEST_CASE("names are larger than those before them, and no two are the same") {
  in_every_journal([](Loop&, Journal& journal) {
    std::int64_t last = 0;
    for (int i = 0; i < 3000; ++i) {
      const std::int64_t next = journal.keys().next(morning);
      CHECK(next > last);
      last = next;
    }
  });
}

TEST_CASE("a run is the events of all its entries in their order, and its head is the last one") {
  in_every_journal([](Loop& loop, Journal& journal) {
    Entry entry = begin(journal.keys(), "e-1");
    RunHead head = entry.runs.front().head;
    commit(loop, journal, std::move(entry));
    commit(loop, journal, go_on(head, {succeeded(1), succeeded(2)}));
    commit(loop, journal, go_on(head, {}));
    head.outcome = RunOutcome::completed;
    head.ended = later(3);
    head.changes = 4;
    head.note = "done";
    commit(loop, journal, go_on(head, {succeeded(3)}));

    const auto stored = ask(loop, journal.read(head.key));
    CHECK(outputs(*stored) == "1 2 3 ");
    CHECK(outline(stored->head) ==
          "tidy completed webhook loc-1 Europe/London tidy/loc-1 3c99 live started 0 ended 3 changes 4 starts 0: done");
  });
}

TEST_CASE(
    "a run that begins in a later entry than its event is its events in their order, whatever changed with each") {
  in_every_journal([](Loop& loop, Journal& journal) {
    for (const bool head_changes_first : {false, true}) {
      for (const bool same_head : {false, true}) {
        Entry entry = begin(journal.keys(), "");
        entry.runs.front().events.clear();
        RunHead head = entry.runs.front().head;
        commit(loop, journal, std::move(entry));
        head.starts = 1;
        if (head_changes_first) commit(loop, journal, go_on(head, {}));
        for (int i = 1; i <= 3; ++i) {
          Entry next = go_on(head, {started("payload"), succeeded(i)});
          next.runs.front().same_head = same_head && head_changes_first;
          commit(loop, journal, std::move(next));
          commit(loop, journal, go_on(head, {}));
        }
        const auto stored = ask(loop, journal.read(head.key));
        CHECK(outputs(*stored) == "1 2 3 ");
        CHECK(stored->events.size() == 6);
        CHECK(stored->head.starts == 1);
        CHECK(stored->unreadable == "");
      }
    }
  });
}

TEST_CASE("a run's events are the same however large they are, and whichever of them are") {
  in_every_journal([](Loop& loop, Journal& journal) {
    for (int large = 0; large < 8; ++large) {  // which of the three entries have much to keep
      const auto input = [large](int entry) {
        return Value(std::string((large >> entry & 1) != 0 ? 300'000 : 10, 'x'));
      };
      Entry entry = begin(journal.keys(), "");
      entry.runs.front().events = {with_input(input(0))};
      const RunHead head = entry.runs.front().head;
      commit(loop, journal, std::move(entry));
      for (const int part : {1, 2}) commit(loop, journal, go_on(head, {with_input(input(part))}));
      const auto stored = ask(loop, journal.read(head.key));
      REQUIRE(stored->events.size() == 3);
      for (int part = 0; part < 3; ++part)
        CHECK(std::get<StepStarted>(stored->events[static_cast<std::size_t>(part)].what).input == input(part));
    }
  });
}

TEST_CASE("entries of many tasks at once are kept in the order of the calls") {
  in_every_journal([](Loop& loop, Journal& journal) {
    Entry entry = begin(journal.keys(), "e-1");
    const RunHead head = entry.runs.front().head;
    commit(loop, journal, std::move(entry));
    std::vector<Entry> entries;
    std::string expected;
    for (int i = 0; i < 60; ++i) {
      entries.push_back(go_on(head, {succeeded(i)}));
      expected += std::to_string(i) + " ";
    }
    for (const auto& answer : ask(loop, write_all_down(loop, journal, std::move(entries)))) CHECK(answer);
    CHECK(outputs(*ask(loop, journal.read(head.key))) == expected);
  });
}

TEST_CASE("durable values are written with an entry, listed by the beginning of their keys, and removed by null") {
  in_every_journal([](Loop& loop, Journal& journal) {
    Entry entry = begin(journal.keys(), "e-1");
    for (const char* key : {"slot/b", "slot/a", "slots", "slot%", "other", ""})
      entry.states.push_back({"tags", key, key});
    entry.states.push_back({"statistics", "slot/a", 1});
    commit(loop, journal, std::move(entry));
    CHECK(names(*ask(loop, journal.list_states("tags", "slot/"))) == R"(slot/a="slot/a" slot/b="slot/b" )");
    CHECK(names(*ask(loop, journal.list_states("tags", "slot%"))) == R"(slot%="slot%" )");
    CHECK(ask(loop, journal.list_states("tags", ""))->size() == 6);
    CHECK(ask(loop, journal.list_states("tag", ""))->empty());
    CHECK(ask(loop, journal.read_state("tags", "other"))->text() == "other");
    CHECK(ask(loop, journal.read_state("tags", "absent"))->is_null());

    Entry change;
    change.states.push_back({"tags", "slot/a", Value()});
    change.states.push_back({"tags", "slot/b", Value::object({{"n", 2}})});
    commit(loop, journal, std::move(change));
    CHECK(names(*ask(loop, journal.list_states("tags", "slot/"))) == R"(slot/b={"n":2} )");
  });
}

}  // namespace millrace
