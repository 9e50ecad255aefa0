#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "journal/entries.hpp"
#include "journal/store_contract.hpp"

namespace millrace {

using test::ask;
using test::begin;
using test::commit;
using test::go_on;
using test::in_every_journal;

TEST_CASE("a run that was left out may begin with another text, in another lane and as a dry run") {
  in_every_journal([](Loop& loop, Journal& journal) {
    Entry entry = begin(journal.keys(), "e-1", RunOutcome::skipped);
    RunHead head = entry.runs.front().head;
    entry.runs.front().events.clear();
    commit(loop, journal, std::move(entry));
    head.outcome = RunOutcome::running;
    head.started.reset();
    head.ended.reset();
    head.version = "4d0955bf00ad1f0d";
    head.live = false;
    for (const std::string lane : {"tidy/loc-2", ""}) {
      head.lane = lane;
      Entry again = go_on(head, {});
      again.versions.push_back({"tidy", head.version, "name: Tidier\n"});
      commit(loop, journal, std::move(again));
      const auto stored = ask(loop, journal.read(head.key));
      CHECK(stored->unreadable == "");
      CHECK(stored->head == head);
      CHECK(stored->text == "name: Tidier\n");
    }
  });
}

TEST_CASE("unfinished are the runs that run, are queued or wait, oldest first, but not those of the foreground") {
  in_every_journal([](Loop& loop, Journal& journal) {
    std::vector<RunKey> expected;
    for (const RunOutcome outcome :
         {RunOutcome::running, RunOutcome::completed, RunOutcome::failed, RunOutcome::skipped, RunOutcome::waiting,
          RunOutcome::stopped_by_safety, RunOutcome::parked, RunOutcome::cancelled, RunOutcome::running}) {
      Entry entry = begin(journal.keys(), "", outcome);
      const bool open = outcome == RunOutcome::running || outcome == RunOutcome::waiting;
      if (open) expected.push_back(entry.runs.front().head.key);
      if (outcome == RunOutcome::running) entry.runs.front().head.started.reset();
      commit(loop, journal, std::move(entry));
    }
    Entry by_hand = begin(journal.keys(), "");
    by_hand.runs.front().head.foreground = true;
    commit(loop, journal, std::move(by_hand));

    const auto unfinished = ask(loop, journal.unfinished());
    std::vector<RunKey> found;
    for (const RunHead& head : *unfinished) found.push_back(head.key);
    CHECK(found == expected);
    const auto events = ask(loop, journal.unfinished_events());
    REQUIRE(events);
    CHECK(events->size() == expected.size());
    std::set<EventKey> keys;
    for (const UnfinishedEvent& event : *events) {
      keys.insert(event.key);
      CHECK_FALSE(event.source.empty());
      CHECK(event.bytes > 0);
    }
    for (const RunHead& head : *unfinished) CHECK(keys.contains(head.event));
    CHECK_FALSE(unfinished->front().started);

    RunHead ended = unfinished->front();
    ended.outcome = RunOutcome::completed;
    commit(loop, journal, go_on(ended, {}));
    CHECK(ask(loop, journal.unfinished())->size() == expected.size() - 1);
  });
}

}  // namespace millrace
