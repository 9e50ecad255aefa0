#include "journal/history.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "journal/store_bench.hpp"
#include "journal/store_contract.hpp"

namespace millrace {

namespace {

using test::ask;
using test::begin;
using test::in_every_store;
using test::later;
using test::StoreBench;

std::string notes(const Result<std::vector<RunHead>>& heads) {
  if (!heads) return heads.error().message;
  std::string text;
  for (const RunHead& head : *heads) text += head.note + " ";
  return text;
}

std::string ids(const Result<std::vector<EventHead>>& events) {
  if (!events) return events.error().message;
  std::string text;
  for (const EventHead& event : *events) text += event.source + "/" + event.id + ":" + std::to_string(event.runs) + " ";
  return text;
}

/// Four events; the third starts two runs. The notes of the runs are a, b, c, C and d.
void commit_runs(StoreBench& bench, Store& store) {
  const std::pair<const char*, RunOutcome> runs[] = {{"a", RunOutcome::completed},
                                                     {"b", RunOutcome::failed},
                                                     {"c", RunOutcome::completed},
                                                     {"d", RunOutcome::running}};
  std::int64_t number = 0;
  for (const auto& [note, outcome] : runs) {
    Entry entry = begin(store.journal().keys(), note, outcome, note, later(++number));
    entry.runs.front().head.note = note;
    if (number == 3) {
      entry.runs.push_back({test::head(store.journal().keys(), entry.events.front(), outcome, "other"), true, {}});
      entry.runs.back().head.note = "C";
    }
    bench.commit(store, std::move(entry));
  }
}

}  // namespace

TEST_CASE("runs are listed newest first, by workflow, outcome and event, a page at a time") {
  in_every_store([](StoreBench& bench, Store& store) {
    History& history = store.history();
    commit_runs(bench, store);
    CHECK(notes(ask(bench.loop, history.list_runs({}))) == "d C c b a ");

    RunFilter filter;
    filter.workflow = "tidy";
    CHECK(notes(ask(bench.loop, history.list_runs(filter))) == "d c b a ");
    filter.outcome = RunOutcome::completed;
    CHECK(notes(ask(bench.loop, history.list_runs(filter))) == "c a ");
    filter.workflow = "absent";
    CHECK(notes(ask(bench.loop, history.list_runs(filter))) == "");

    RunFilter of_event;
    of_event.event = ask(bench.loop, history.list_events("", 2))->back().key;
    CHECK(notes(ask(bench.loop, history.list_runs(of_event))) == "C c ");

    RunFilter page;
    page.limit = 2;
    std::string pages;
    for (int i = 0; i < 3; ++i) {
      const auto heads = ask(bench.loop, history.list_runs(page));
      pages += notes(heads) + "| ";
      page.before = heads->back().key;
    }
    CHECK(pages == "d C | c b | a | ");
  });
}

TEST_CASE("runs are found by place, trigger, mode, time and words of their notes, each and together") {
  in_every_store([](StoreBench& bench, Store& store) {
    struct Made {
      const char *note, *location, *trigger;
      bool live;
    };
    const Made runs[] = {{"50% of Tags", "loc-1", "webhook", true},
                         {"502 bad gateway", "loc-2", "schedule", true},
                         {"50 tags\\day", "loc-1", "schedule", false}};
    std::int64_t hour = 0;
    for (const Made& made : runs) {
      Entry entry = begin(store.journal().keys(), made.note, RunOutcome::failed, "payload", later(++hour * 3600));
      RunHead& head = entry.runs.front().head;
      head.note = made.note;
      head.location = made.location;
      head.trigger = made.trigger;
      head.live = made.live;
      bench.commit(store, std::move(entry));
    }
    const auto found = [&](auto&& with) {
      RunFilter filter;
      with(filter);
      return notes(ask(bench.loop, store.history().list_runs(std::move(filter))));
    };
    CHECK(found([](RunFilter& filter) { filter.location = "loc-1"; }) == "50 tags\\day 50% of Tags ");
    CHECK(found([](RunFilter& filter) { filter.trigger = "schedule"; }) == "50 tags\\day 502 bad gateway ");
    CHECK(found([](RunFilter& filter) { filter.trigger = "watch"; }) == "");
    CHECK(found([](RunFilter& filter) { filter.live = true; }) == "502 bad gateway 50% of Tags ");
    CHECK(found([](RunFilter& filter) { filter.live = false; }) == "50 tags\\day ");
    CHECK(found([](RunFilter& filter) { filter.from = later(2 * 3600); }) == "50 tags\\day 502 bad gateway ");
    CHECK(found([](RunFilter& filter) { filter.to = later(2 * 3600); }) == "50% of Tags ");
    CHECK(found([](RunFilter& filter) { filter.note = "tags"; }) == "50 tags\\day 50% of Tags ");
    CHECK(found([](RunFilter& filter) { filter.note = "50%"; }) == "50% of Tags ");
    CHECK(found([](RunFilter& filter) { filter.note = "s\\d"; }) == "50 tags\\day ");
    CHECK(found([](RunFilter& filter) { filter.note = "5_2"; }) == "");
    CHECK(found([](RunFilter& filter) {
            filter.location = "loc-1";
            filter.trigger = "schedule";
            filter.live = false;
            filter.from = later(0);
            filter.to = later(4 * 3600);
            filter.note = "DAY";
            filter.workflow = "tidy";
            filter.outcome = RunOutcome::failed;
          }) == "50 tags\\day ");
  });
}

TEST_CASE("runs are counted by the quarter of an hour and how they ended, and the last of each workflow are told") {
  in_every_store([](StoreBench& bench, Store& store) {
    commit_runs(bench, store);
    bench.commit(store, begin(store.journal().keys(), "e", RunOutcome::failed, "e", later(900)));
    const auto counted = [&](RunFilter filter) {
      const auto counts = ask(bench.loop, store.history().count_outcomes(std::move(filter)));
      REQUIRE(counts);
      std::string text;
      for (const OutcomeCount& count : *counts) {
        text += std::to_string(count.at.seconds - test::morning.seconds) + " " + std::string(name_of(count.outcome)) +
                " " + std::to_string(count.runs) + "; ";
      }
      return text;
    };
    CHECK(counted({}) == "0 running 1; 0 completed 3; 0 failed 1; 900 failed 1; ");
    RunFilter failed;
    failed.outcome = RunOutcome::failed;
    failed.limit = 1;
    CHECK(counted(failed) == "0 failed 1; 900 failed 1; ");
    failed.workflow = "absent";
    CHECK(counted(failed) == "");

    const auto last = ask(bench.loop, store.history().last_outcomes({"tidy", "other", "absent"}, 3));
    REQUIRE(last);
    std::string text;
    for (const auto& [workflow, outcomes] : *last) {
      text += workflow + ": ";
      for (const auto& [run, outcome] : outcomes) text += std::string(name_of(outcome)) + " ";
    }
    CHECK(text == "other: completed tidy: failed running completed ");
  });
}

TEST_CASE("events are listed newest first with the number of their runs, all or those of a source") {
  in_every_store([](StoreBench& bench, Store& store) {
    commit_runs(bench, store);
    Entry slot;
    slot.events.push_back(test::event(store.journal().keys(), "2026-03-01", Value(), "schedule:tidy/0", later(9)));
    const EventKey key = slot.events.front().key;
    bench.commit(store, std::move(slot));
    History& history = store.history();
    CHECK(ids(ask(bench.loop, history.list_events("", 3))) ==
          "schedule:tidy/0/2026-03-01:0 hook:tidy/d:1 hook:tidy/c:2 ");
    CHECK(ids(ask(bench.loop, history.list_events("hook:tidy", 2))) == "hook:tidy/d:1 hook:tidy/c:2 ");
    CHECK(ids(ask(bench.loop, history.list_events("hook", 2))) == "");
    CHECK(ids(ask(bench.loop, history.list_events("hook:tidy", 2, key))) == "hook:tidy/d:1 hook:tidy/c:2 ");
    const auto second = ask(bench.loop, history.list_events("", 2))->back().key;
    CHECK(ids(ask(bench.loop, history.list_events("", 2, second))) == "hook:tidy/c:2 hook:tidy/b:1 ");

    const auto event = ask(bench.loop, history.read_event(key));
    REQUIRE(event);
    CHECK(event->source + " " + event->id == "schedule:tidy/0 2026-03-01");
    CHECK(event->at == later(9));
    CHECK(event->payload.is_null());
    CHECK(ask(bench.loop, history.read_event(EventKey{1})).error().code == ErrorCode::not_found);
    CHECK(ask(bench.loop, history.read_run(RunKey{1})).error().code == ErrorCode::not_found);
  });
}

TEST_CASE("the text of each version of a workflow is kept by its hash") {
  in_every_store([](StoreBench& bench, Store& store) {
    Entry entry;
    entry.versions = {{"tidy", "h1", "first"}, {"tidy", "h2", "second"}, {"other", "h1", "another"}};
    bench.commit(store, std::move(entry));
    const auto text = [&](const std::string& workflow, const std::string& hash) {
      const auto read = ask(bench.loop, store.history().read_version(workflow, hash));
      return read ? *read : std::string(name_of(read.error().code));
    };
    CHECK(text("tidy", "h1") == "first");
    CHECK(text("tidy", "h2") == "second");
    CHECK(text("other", "h1") == "another");
    CHECK(text("other", "h2") == "not_found");
    CHECK(text("nobody", "h1") == "not_found");
  });
}

TEST_CASE("a version whose kept text is damaged is kept anew when it is written again, and new runs of it are read") {
  for (const std::string damage : {"text = 'another'", "sum = sum + 1"}) {
    CAPTURE(damage);
    StoreBench bench;
    auto store = bench.serve();
    const auto unreadable = [&](const std::string& id) {
      Entry entry = begin(store->journal().keys(), id);
      const RunKey run = entry.runs.front().head.key;
      bench.commit(*store, std::move(entry));
      const auto read = ask(bench.loop, store->history().read_run(run));
      return read ? read->unreadable : read.error().message;
    };
    CHECK(unreadable("before") == "");
    test::with_sqlite(bench.file, ("UPDATE versions SET " + damage).c_str());
    CHECK(unreadable("after") == "");
    bench.close(std::move(store));
  }
}

TEST_CASE(
    "the versions of a workflow are listed newest first, with the runs of each; one that never ran by its place") {
  in_every_store([](StoreBench& bench, Store& store) {
    const auto keep = [&](const std::string& hash) {
      Entry entry;
      entry.versions = {{"tidy", hash, "text of " + hash}, {"other", hash, "another"}};
      bench.commit(store, std::move(entry));
    };
    std::int64_t number = 0;
    const auto run_of = [&](const std::string& hash) {
      const std::string id = std::to_string(++number);
      Entry entry = begin(store.journal().keys(), id, RunOutcome::completed, id, later(number));
      entry.versions.clear();
      entry.runs.front().head.workflow = "tidy";
      entry.runs.front().head.version = hash;
      bench.commit(store, std::move(entry));
    };
    const auto listed = [&] {
      std::string text;
      const auto versions = ask(bench.loop, store.history().list_versions("tidy"));
      if (!versions) return versions.error().message;
      for (const VersionHead& each : *versions) {
        CHECK(each.text == "text of " + each.hash);
        CHECK(each.first.has_value() == (each.runs > 0));
        CHECK((each.runs == 0 || *each.first <= *each.last));
        text += each.hash + ":" + std::to_string(each.runs) + " ";
      }
      return text;
    };
    CHECK(listed().empty());
    for (const char* hash : {"h1", "h2", "h3"}) keep(hash);
    run_of("h1");
    run_of("h2");
    run_of("h2");
    CHECK(listed() == "h3:0 h2:2 h1:1 ");
    run_of("h1");  // as after a rollback
    CHECK(listed() == "h1:2 h3:0 h2:2 ");
    CHECK(ask(bench.loop, store.history().list_versions("nobody"))->empty());
  });
}

TEST_CASE("the audit is listed newest first, of all or about one thing") {
  in_every_store([](StoreBench& bench, Store& store) {
    for (const char* about : {"workflow tidy", "run r1", "workflow tidy"}) {
      Entry entry;
      entry.audit.push_back({later(1), "ada", "look", about, "first"});
      entry.audit.push_back({later(1), "bob", "pause", about, "second"});
      bench.commit(store, std::move(entry));
    }
    const auto read = [&](const std::string& about, int limit, std::int64_t before = 0) {
      const auto lines = ask(bench.loop, store.history().list_audit(about, limit, before));
      std::string text;
      for (const auto& [number, line, hash] : *lines) text += line.who + " " + line.what + " " + line.about + ", ";
      return text;
    };
    CHECK(read("", 3) == "bob pause workflow tidy, ada look workflow tidy, bob pause run r1, ");
    CHECK(read("run r1", 10) == "bob pause run r1, ada look run r1, ");
    CHECK(read("nothing", 10) == "");
    const auto newest = ask(bench.loop, store.history().list_audit("", 2));
    REQUIRE(newest->size() == 2);
    CHECK(read("", 2, newest->back().number) == "bob pause run r1, ada look run r1, ");
  });
}

TEST_CASE("lists do not load what runs did or what events held: they work where that is damaged") {
  StoreBench bench;
  auto store = bench.serve();
  commit_runs(bench, *store);
  const RunKey run = ask(bench.loop, store->history().list_runs({}))->back().key;
  test::with_sqlite(bench.file, "UPDATE events SET payload = x'ff00'; UPDATE runs SET log = x'ff00'");
  CHECK(notes(ask(bench.loop, store->history().list_runs({}))) == "d C c b a ");
  CHECK(ids(ask(bench.loop, store->history().list_events("", 1))) == "hook:tidy/d:1 ");
  CHECK(ask(bench.loop, store->journal().unfinished())->size() == 1);
  const auto damaged = ask(bench.loop, store->history().read_run(run));
  REQUIRE(damaged);
  CHECK(damaged->head.key == run);
  CHECK(damaged->unreadable.find("millrace doctor") != std::string::npos);
  bench.close(std::move(store));
}

}  // namespace millrace
