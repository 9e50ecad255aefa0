#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "async/simulated_time.hpp"
#include "journal/store.hpp"
#include "journal/store_bench.hpp"

namespace millrace {

namespace {

using test::ask;
using test::begin;
using test::content_of;
using test::StoreBench;
using test::with_sqlite;

constexpr std::int64_t day = 24 * 60 * 60;
Timestamp days_ago(std::int64_t days) { return test::later(-days * day); }

std::string text_of(const std::vector<StoreFinding>& findings) {
  std::string text;
  for (const StoreFinding& finding : findings) text += (finding.fatal ? "fatal: " : "") + finding.message + "\n";
  return text;
}

Task<void> back_up(Store& store, std::filesystem::path file, bool& done) {
  const auto written = co_await store.backup(std::move(file));
  done = static_cast<bool>(written);
}

/// Whether a backup that takes long was still under way when something had been read.
Task<bool> read_during_backup(Loop& loop, Store& store, std::filesystem::path copy, Duration& job_takes) {
  bool done = false;
  Scope scope(loop);
  job_takes = std::chrono::hours(1);
  scope.spawn(back_up(store, std::move(copy), done));
  co_await sleep_for(std::chrono::seconds(1));
  job_takes = std::chrono::milliseconds(1);
  const auto read = co_await store.states().read("tags", "link");
  const bool before = read && !done;
  co_await scope.done();
  CHECK(done);
  co_return before;
}

/// A store with some runs, closed.
void commit_events(StoreBench& bench, int events) {
  auto store = bench.serve();
  for (int i = 0; i < events; ++i) {
    const auto outcome = i % 10 == 0 ? RunOutcome::running : RunOutcome::completed;
    Entry entry = begin(store->journal().keys(), std::to_string(i), outcome, std::string(300, 'x'));
    entry.states.push_back({"tags", std::to_string(i), i});
    const RunHead head = entry.runs.front().head;
    bench.commit(*store, std::move(entry));
    if (i % 3 == 0) bench.commit(*store, test::go_on(head, {test::succeeded(i)}));
  }
  bench.close(std::move(store));
}

}  // namespace

TEST_CASE(
    "a backup of a store in use is whole; restored, what was unfinished is paused and says that it may have happened") {
  StoreBench bench;
  auto store = bench.serve();
  const RunKey open = bench.commit(*store, begin(store->journal().keys(), "open", RunOutcome::waiting));
  const RunKey done = bench.commit(*store, begin(store->journal().keys(), "done", RunOutcome::completed));
  CHECK(ask(bench.loop, store->states().write("tags", "link", "kept")));
  const auto copy = bench.folder.path() / "copy.db";
  const auto written = ask(bench.loop, store->backup(copy));
  REQUIRE_MESSAGE(written, written.error().message);
  CHECK((std::filesystem::status(copy).permissions() & std::filesystem::perms::all) ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  CHECK(ask(bench.loop, store->backup(copy)).error().code == ErrorCode::conflict);
  bench.commit(*store, begin(store->journal().keys(), "later"));
  CHECK_FALSE(ask(bench.loop, store->facts())->restored);
  CHECK(restore_store(copy, bench.file, test::morning).error().code == ErrorCode::conflict);
  bench.close(std::move(store));

  bench.file = bench.folder.path() / "elsewhere" / "millrace.db";
  const auto restored = restore_store(copy, bench.file, test::later(60));
  REQUIRE_MESSAGE(restored, restored.error().message);
  store = bench.serve();
  CHECK(ask(bench.loop, store->facts())->restored);
  CHECK(ask(bench.loop, store->facts())->events == 2);
  CHECK(ask(bench.loop, store->journal().read_state("engine", "restored"))->text_or("since") == "2026-03-01T00:01:00Z");
  CHECK(ask(bench.loop, store->states().read("tags", "link"))->text() == "kept");
  CHECK(ask(bench.loop, store->journal().read(open))->head.note ==
        "may already have happened: it was unfinished when the backup was made");
  CHECK(ask(bench.loop, store->journal().read(done))->head.note == "first");
  CHECK(ask(bench.loop, store->journal().commit(begin(store->journal().keys(), "open")))->duplicate);
  bench.close(std::move(store));
}

TEST_CASE("whoever reads does not wait for a backup") {
  const test::TemporaryFolder folder;
  Duration job_takes = std::chrono::milliseconds(1);
  SimulatedTime time([&job_takes] { return job_takes; });
  Loop loop(time);
  StoreOptions options;
  options.role = StoreOptions::Role::service;
  auto store = open_store(loop, folder.path() / "millrace.db", options);
  REQUIRE(store);
  REQUIRE(ask(loop, (*store)->states().write("tags", "link", "kept")));
  CHECK(ask(loop, read_during_backup(loop, **store, folder.path() / "copy.db", job_takes)));
  REQUIRE(ask(loop, (*store)->close()));
}

TEST_CASE("what is no whole backup is not restored, and leaves no store behind") {
  StoreBench bench;
  const auto copy = bench.folder.path() / "copy.db";
  ErrorCode expected = ErrorCode::invalid;
  SUBCASE("absent") { expected = ErrorCode::not_found; }
  SUBCASE("empty") { test::write_file(copy, ""); }
  SUBCASE("no database") { test::write_file(copy, std::string(10'000, 'x')); }
  SUBCASE("another program's") { with_sqlite(copy, "CREATE TABLE bookmarks(url TEXT)"); }
  SUBCASE("damaged") {
    commit_events(bench, 200);
    std::string content = content_of(bench.file);
    content.replace(content.size() / 2, 20'000, std::string(20'000, 'x'));
    test::write_file(copy, content);
    bench.file = bench.folder.path() / "elsewhere.db";
  }
  const auto restored = restore_store(copy, bench.file, test::morning);
  REQUIRE_FALSE(restored);
  CHECK(restored.error().code == expected);
  CHECK(restored.error().message.find(copy.string()) != std::string::npos);
  for (const char* part : {"", "-wal", "-shm", "-restoring"})
    CHECK_FALSE(std::filesystem::exists(bench.file.string() + part));
}

TEST_CASE("history older than its days goes, but nothing that has not ended and nothing that is parked") {
  StoreBench bench;
  HistoryBudget budget;
  budget.days = 90;
  auto store = bench.serve(budget);
  KeyMaker& keys = store->journal().keys();
  const auto old = bench.commit(*store, begin(keys, "old", RunOutcome::completed, "x", days_ago(100)));
  bench.commit(*store, begin(keys, "old 2", RunOutcome::failed, "x", days_ago(99)));
  std::vector<RunKey> kept;
  for (const RunOutcome outcome : {RunOutcome::running, RunOutcome::waiting, RunOutcome::parked})
    kept.push_back(bench.commit(*store, begin(keys, "", outcome, "x", days_ago(98))));
  kept.push_back(bench.commit(*store, begin(keys, "younger", RunOutcome::completed, "x", days_ago(89))));

  CHECK(*ask(bench.loop, store->prune(test::morning)) == 2);
  CHECK(*ask(bench.loop, store->prune(test::morning)) == 0);
  CHECK(ask(bench.loop, store->journal().read(old)).error().code == ErrorCode::not_found);
  for (const RunKey run : kept) CHECK(ask(bench.loop, store->journal().read(run))->event.payload == Value("x"));
  CHECK(ask(bench.loop, store->facts())->events == 4);
  CHECK(ask(bench.loop, store->journal().commit(begin(keys, "younger")))->duplicate);
  CHECK_FALSE(ask(bench.loop, store->journal().commit(begin(keys, "old")))->duplicate);
  bench.close(std::move(store));
}

TEST_CASE("where the store is too large its oldest history goes until it fits, and the file becomes smaller") {
  StoreBench bench;
  HistoryBudget budget;
  budget.bytes = 1'000'000;
  auto store = bench.serve(budget);
  KeyMaker& keys = store->journal().keys();
  std::vector<RunKey> runs;
  runs.push_back(bench.commit(*store, begin(keys, "open", RunOutcome::running, "x", days_ago(20))));
  for (int i = 0; i < 400; ++i) {
    runs.push_back(bench.commit(
        *store, begin(keys, std::to_string(i), RunOutcome::completed, std::string(4'000, 'x'), days_ago(19 - i / 40))));
  }
  bench.close(std::move(store));
  const auto before = std::filesystem::file_size(bench.file);
  CHECK(before > 1'500'000);

  store = bench.serve(budget);
  const std::int64_t removed = *ask(bench.loop, store->prune(test::morning));
  const StoreFacts facts = *ask(bench.loop, store->facts());
  CHECK(removed >= 150);
  CHECK(removed < 300);  // no more than it takes
  CHECK(facts.bytes <= budget.bytes);
  CHECK(ask(bench.loop, store->journal().read(runs[0]))->event.payload == Value("x"));
  CHECK_FALSE(ask(bench.loop, store->journal().read(runs[1])));
  CHECK(ask(bench.loop, store->journal().read(runs.back())));
  // Ids are kept for 30 days.
  const auto again = ask(bench.loop, store->journal().commit(begin(store->journal().keys(), "0")));
  CHECK(again->duplicate);
  CHECK(again->runs.empty());
  CHECK(*ask(bench.loop, store->prune(test::morning)) == 0);
  bench.close(std::move(store));
  CHECK(std::filesystem::file_size(bench.file) < 1'100'000);
  CHECK(text_of(examine_store(bench.file)) == "");
}

TEST_CASE("the doctor finds nothing in a good store, and in a damaged one what is wrong and what to do") {
  StoreBench bench;
  commit_events(bench, 30);
  std::string expected;
  SUBCASE("good") {}
  SUBCASE("in use") {
    const auto store = bench.serve();
    CHECK(text_of(examine_store(bench.file)) == "");
    CHECK(ask(bench.loop, store->close()));
  }
  SUBCASE("readable by others") {
    std::filesystem::permissions(bench.file, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
    expected = bench.file.string() + " can be read by others: chmod 600 " + bench.file.string() + "\n";
  }
  SUBCASE("a run without its event") {
    with_sqlite(bench.file, "DELETE FROM events WHERE id IN ('1', '2')");
    expected = "2 runs without the event that started it\n";
  }
  SUBCASE("an unfinished run without its text") {
    with_sqlite(bench.file, "DELETE FROM versions; UPDATE runs SET version = NULL, sum = NULL WHERE outcome = 0");
    expected = "fatal: 3 unfinished runs without the text of the workflow: call off with \"millrace runs cancel\"\n";
  }
  SUBCASE("an event that cannot be read") {
    with_sqlite(bench.file, "UPDATE events SET payload = x'01ff', sum = NULL WHERE id = '1'");
    expected = "fatal: 1 event cannot be read; \"millrace restore\" brings a backup back\n";
  }
  SUBCASE("a run that cannot be read") {
    with_sqlite(bench.file,
                "UPDATE runs SET log = x'0105', sum = NULL WHERE key IN (SELECT key FROM runs LIMIT 2);"
                "UPDATE run_events SET log = substr(log, 1, 9), sum = NULL");
    expected = "fatal: 11 runs cannot be read; \"millrace restore\" brings a backup back\n";
  }
  SUBCASE("cut off") {
    std::filesystem::resize_file(bench.file, 4096 * 5);
    CHECK(text_of(examine_store(bench.file)).find("fatal: ") == 0);
    return;
  }
  SUBCASE("absent") {
    std::filesystem::remove(bench.file);
    CHECK(text_of(examine_store(bench.file)).find("fatal: cannot open the store " + bench.file.string()) == 0);
    CHECK_FALSE(std::filesystem::exists(bench.file));
    return;
  }
  CHECK(text_of(examine_store(bench.file)) == expected);
}

TEST_CASE("a store with damage anywhere is examined, opened, read and written without a crash") {
  StoreBench good;
  commit_events(good, 60);
  const std::string content = content_of(good.file);
  int found = 0;
  for (unsigned seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::string damaged = content;
    for (unsigned i = 0; i < 1 + seed % 40; ++i) damaged[random() % damaged.size()] = static_cast<char>(random());
    StoreBench bench;
    test::write_file(bench.file, damaged);
    std::filesystem::permissions(bench.file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    if (!examine_store(bench.file).empty()) ++found;
    auto store = bench.try_open(StoreOptions::Role::service);
    if (!store) continue;
    const auto heads = ask(bench.loop, (*store)->history().list_runs({}));
    if (heads) {
      for (const RunHead& head : *heads) (void)ask(bench.loop, (*store)->journal().read(head.key));
    }
    (void)ask(bench.loop, (*store)->journal().list_states("tags", ""));
    (void)ask(bench.loop, (*store)->journal().commit(begin((*store)->journal().keys(), "new")));
    (void)ask(bench.loop, (*store)->prune(test::later(400 * day)));
    (void)ask(bench.loop, (*store)->close());
  }
  CHECK(found > 30);
}

}  // namespace millrace
