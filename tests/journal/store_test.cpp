#include "journal/store.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "journal/store_bench.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

using test::ask;
using test::begin;
using test::later;
using test::outline;
using test::StoreBench;
using test::with_sqlite;

constexpr const char* old_table =
    "PRAGMA journal_mode=WAL; CREATE TABLE plugin_state(plugin TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, "
    "PRIMARY KEY(plugin, key))"
    " WITHOUT ROWID; INSERT INTO plugin_state VALUES('tags', 'link', '{\"id\":\"t1\"}')";

std::string keys_of(const std::vector<RunHead>& heads) {
  std::string text;
  for (const RunHead& head : heads) text += render(head.key) + " ";
  return text;
}

}  // namespace

TEST_CASE("a store that is opened again has everything") {
  StoreBench bench;
  auto store = bench.serve();
  Entry entry = begin(store->journal().keys(), "e-1");
  entry.states.push_back({"engine", "paused", Value::object({{"by", "ada"}})});
  entry.audit.push_back({later(1), "ada", "pause", "workflow tidy", "for maintenance"});
  const RunKey run = bench.commit(*store, std::move(entry));
  const RunHead head = ask(bench.loop, store->journal().read(run))->head;
  bench.commit(*store, test::go_on(head, {test::succeeded(1)}));
  const RunKey newest = store->journal().keys().next_run(later(1));
  bench.close(std::move(store));

  store = bench.serve();
  const auto stored = ask(bench.loop, store->journal().read(run));
  REQUIRE(stored);
  CHECK(outline(stored->head) == outline(head));
  CHECK(stored->events.size() == 2);
  CHECK(stored->event.payload == Value("payload"));
  CHECK(stored->text == "name: Tidy\n");
  CHECK(keys_of(*ask(bench.loop, store->journal().unfinished())) == render(run) + " ");
  CHECK(ask(bench.loop, store->journal().read_state("engine", "paused"))->text_or("by") == "ada");
  const auto audit = ask(bench.loop, store->history().list_audit("workflow tidy", 10));
  REQUIRE(audit->size() == 1);
  CHECK(audit->front().line.who + " " + audit->front().line.what + " " + audit->front().line.detail ==
        "ada pause for maintenance");
  CHECK(audit->front().line.at == later(1));
  CHECK(ask(bench.loop, store->journal().commit(begin(store->journal().keys(), "e-1")))->duplicate);
  CHECK(store->journal().keys().next_run(later(-100)) > run);
  CHECK(store->journal().keys().next_run(later(1)) >= newest);
  bench.close(std::move(store));
}

TEST_CASE("reading makes no file, the first write of a guest makes it for its owner only") {
  StoreBench bench;
  auto store = bench.visit();
  auto reader = bench.look();
  for (Store* each : {store.get(), reader.get()}) {
    CHECK(ask(bench.loop, each->states().read("tags", "link"))->is_null());
    CHECK(ask(bench.loop, each->journal().unfinished())->empty());
    CHECK(ask(bench.loop, each->history().list_events("", 10))->empty());
    CHECK(ask(bench.loop, each->facts())->events == 0);
    CHECK(ask(bench.loop, each->journal().read(RunKey{1})).error().code == ErrorCode::not_found);
    CHECK(ask(bench.loop, each->backup(bench.folder.path() / "copy.db")).error().code == ErrorCode::not_found);
  }
  CHECK_FALSE(std::filesystem::exists(bench.file.parent_path()));

  CHECK(ask(bench.loop, store->states().write("tags", "link", true)));
  const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
  for (const char* part : {"", "-wal", "-shm"}) {
    const auto permissions = std::filesystem::status(bench.file.string() + part).permissions();
    CHECK((permissions & others) == std::filesystem::perms::none);
  }
  CHECK(ask(bench.loop, reader->states().read("tags", "link"))->is_true());
  bench.close(std::move(reader));
  bench.close(std::move(store));
}

TEST_CASE("a reader writes nothing, not even when it is the last one to close") {
  StoreBench bench;
  auto store = bench.serve();
  bench.commit(*store, begin(store->journal().keys(), "e-1"));
  // As a crash leaves it: the log holds what the file does not.
  const auto crashed = bench.folder.path() / "crashed" / "millrace.db";
  for (const char* part : {"", "-wal"})
    test::write_file(crashed.string() + part, test::content_of(bench.file.string() + part));
  bench.close(std::move(store));
  const std::string before = test::content_of(crashed), log = test::content_of(crashed.string() + "-wal");
  REQUIRE_FALSE(log.empty());

  bench.file = crashed;
  auto reader = bench.look();
  CHECK(ask(bench.loop, reader->journal().unfinished())->size() == 1);
  const auto refused = ask(bench.loop, reader->states().write("tags", "link", true));
  CHECK(refused.error().code == ErrorCode::internal);
  bench.close(std::move(reader));
  CHECK((test::content_of(crashed) == before));
  CHECK((test::content_of(crashed.string() + "-wal") == log));
}

TEST_CASE("a second service is refused, and the first is named") {
  StoreBench bench;
  auto first = bench.serve();
  const auto second = bench.try_open(StoreOptions::Role::service);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == ErrorCode::conflict);
  CHECK(second.error().message ==
        "another service has the store " + bench.file.string() + ": process " + std::to_string(getpid()));
  bench.close(std::move(first));
  bench.close(bench.serve());
}

TEST_CASE("whoever is kept out by a service hears which project it is of") {
  StoreBench bench;
  StoreOptions options;
  options.role = StoreOptions::Role::service;
  options.folder = bench.folder.path() / "a shop of old";
  auto service = open_store(bench.loop, bench.file, options);
  REQUIRE(service);
  auto guest = bench.visit();
  const auto holder = guest->served_by();
  REQUIRE((holder && *holder));
  CHECK((*holder)->process == "process " + std::to_string(getpid()));
  CHECK((*holder)->folder == options.folder);
  CHECK(bench.try_open(StoreOptions::Role::service).error().message.ends_with(" of " + options.folder.string()));
  bench.close(std::move(guest));
  bench.close(std::move(*service));
}

TEST_CASE("a run of the foreground is in the hands of the program that began it, for as long as that has the store") {
  StoreBench bench;
  auto reader = bench.look();
  auto guest = bench.visit();
  RunKey runs[2];
  for (RunKey& run : runs) {
    Entry by_hand = begin(guest->journal().keys(), "");
    by_hand.runs.front().head.foreground = true;
    run = bench.commit(*guest, std::move(by_hand));
  }
  const RunKey not_by_hand = bench.commit(*guest, begin(guest->journal().keys(), ""));
  auto other = bench.visit();
  CHECK(*reader->is_in_hands(runs[0]));
  CHECK(*other->is_in_hands(runs[1]));
  CHECK_FALSE(*reader->is_in_hands(not_by_hand));
  bench.close(std::move(guest));
  CHECK_FALSE(*reader->is_in_hands(runs[0]));
  CHECK_FALSE(*other->is_in_hands(runs[1]));
  bench.close(std::move(other));
  bench.close(std::move(reader));
}

TEST_CASE(
    "what is ordered in place of a service is decided on what is there, and only while no service has the store") {
  StoreBench bench;
  auto service = bench.serve();
  const RunKey run = bench.commit(*service, begin(service->journal().keys(), "e-1"));
  auto guest = bench.visit();
  int decided = 0;
  const auto end_unless_ended = [&decided, run](const RunReader& read) -> Result<Entry> {
    ++decided;
    const StoredRun stored = TRY(read(run));
    if (has_ended(stored.head.outcome)) return Error{ErrorCode::conflict, "it has ended"};
    RunHead head = stored.head;
    head.outcome = RunOutcome::cancelled;
    Entry entry;
    entry.runs.push_back({head, false, {}});
    entry.states.push_back({"tags", "link", "guest"});
    return entry;
  };
  const Status refused = ask(bench.loop, guest->commit_unserved(end_unless_ended));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::unavailable);
  CHECK(decided == 0);
  CHECK(guest->served_by()->has_value());
  CHECK(ask(bench.loop, service->journal().read(run))->head.outcome == RunOutcome::running);
  bench.close(std::move(service));
  CHECK_FALSE(guest->served_by()->has_value());
  CHECK(ask(bench.loop, guest->commit_unserved(end_unless_ended)));
  CHECK(ask(bench.loop, guest->journal().read(run))->head.outcome == RunOutcome::cancelled);
  CHECK(*ask(bench.loop, guest->states().read("tags", "link")) == "guest");
  const Status again = ask(bench.loop, guest->commit_unserved(end_unless_ended));
  REQUIRE_FALSE(again);
  CHECK(again.error().message == "it has ended");
  bench.close(bench.serve());  // that somebody has looked keeps no service away
  bench.close(std::move(guest));
}

TEST_CASE("each service has a larger claim than the one before it, and guests and readers have none") {
  StoreBench bench;
  std::optional<Fence> before;
  for (int life = 1; life <= 3; ++life) {
    auto service = bench.serve();
    REQUIRE(service->fence());
    CHECK((!before || service->fence()->number > before->number));
    before = service->fence();
    for (auto& other : {bench.visit(), bench.look()}) {
      CHECK_FALSE(other->fence());
      REQUIRE(ask(bench.loop, other->close()));
    }
    bench.close(std::move(service));
  }
}

TEST_CASE("of a service whose store another one has taken over nothing is written, in no part and by no way") {
  StoreBench bench;
  auto older = bench.serve();
  const RunKey run = bench.commit(*older, begin(older->journal().keys(), "e-1"));
  const RunHead head = ask(bench.loop, older->journal().read(run))->head;
  std::filesystem::remove(bench.file.string() + "-service");  // the lock holds nobody off any more
  auto newer = bench.serve();
  REQUIRE(newer->fence()->number > older->fence()->number);

  std::vector<Entry> entries = {begin(older->journal().keys(), "e-2"), test::go_on(head, {test::succeeded(1)})};
  entries[0].states.push_back({"tags", "link", "older"});
  entries[1].audit.push_back({later(1), "ada", "look", "run", ""});
  for (Entry& entry : entries) {
    const auto refused = ask(bench.loop, older->journal().commit(std::move(entry)));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::unavailable);
    CHECK(refused.error().message.find("another service has taken over the store " + bench.file.string()) == 0);
  }
  CHECK_FALSE(ask(bench.loop, older->states().write("tags", "link", "older")));
  CHECK_FALSE(ask(bench.loop, older->prune(later(1))));
  CHECK(ask(bench.loop, older->journal().read(run)));  // reading harms nobody

  CHECK(ask(bench.loop, newer->journal().read(run))->events.size() == 1);
  CHECK(ask(bench.loop, newer->facts())->events == 1);
  CHECK(ask(bench.loop, newer->states().read("tags", "link"))->is_null());
  CHECK(ask(bench.loop, newer->history().list_audit("", 10))->empty());
  CHECK_FALSE(ask(bench.loop, newer->journal().commit(begin(newer->journal().keys(), "e-2")))->duplicate);
  auto guest = bench.visit();
  CHECK(ask(bench.loop, guest->states().write("tags", "link", "guest")));
  bench.close(std::move(guest));
  CHECK_FALSE(ask(bench.loop, older->close()));
  CHECK(ask(bench.loop, newer->states().write("tags", "link", "newer")));
  bench.close(std::move(newer));
}

TEST_CASE("a guest writes and reads beside the service, and neither holds up the other") {
  StoreBench bench;
  auto service = bench.serve();
  auto guest = bench.visit();
  const RunKey first = bench.commit(*service, begin(service->journal().keys(), "e-1"));
  Entry by_hand = begin(guest->journal().keys(), "");
  by_hand.runs.front().head.foreground = true;
  const RunKey second = bench.commit(*guest, std::move(by_hand));
  CHECK(ask(bench.loop, guest->journal().commit(begin(guest->journal().keys(), "e-1")))->duplicate);
  CHECK(ask(bench.loop, guest->journal().read(first)));
  CHECK(ask(bench.loop, service->journal().read(second)));
  CHECK(ask(bench.loop, service->states().write("tags", "link", "service's")));
  CHECK(ask(bench.loop, guest->states().read("tags", "link"))->text() == "service's");
  CHECK(ask(bench.loop, guest->states().write("tags", "link", "guest's")));
  CHECK(ask(bench.loop, service->states().read("tags", "link"))->text() == "guest's");
  CHECK(keys_of(*ask(bench.loop, service->journal().unfinished())) == render(first) + " ");
  bench.close(std::move(guest));
  bench.commit(*service, begin(service->journal().keys(), "e-2"));
  bench.close(std::move(service));
}

TEST_CASE("the first events of a run lie in its row, also where it was kept before it began") {
  StoreBench bench;
  auto store = bench.serve();
  bench.commit(*store, begin(store->journal().keys(), "at once"));
  Entry entry = begin(store->journal().keys(), "later");
  entry.runs.front().events.clear();
  const RunHead head = entry.runs.front().head;
  bench.commit(*store, std::move(entry));
  bench.commit(*store, test::go_on(head, {test::started("payload")}));
  CHECK(with_sqlite(bench.file, "SELECT count(*) FROM runs WHERE log IS NOT NULL") == "2");
  CHECK(with_sqlite(bench.file, "SELECT count(*) FROM run_events") == "0");
  for (int i = 1; i <= 2; ++i) bench.commit(*store, test::go_on(head, {test::succeeded(i)}));
  CHECK(with_sqlite(bench.file, "SELECT group_concat(n) FROM run_events") == "1,2");
  bench.close(std::move(store));
}

TEST_CASE("large first events lie beside the row of their run, so that what changes in it does not move them") {
  StoreBench bench;
  auto store = bench.serve();
  const Value large(std::string(100'000, 'x'));
  Entry at_once = begin(store->journal().keys(), "at once");
  at_once.runs.front().events = {test::with_input(large)};
  RunHead head = at_once.runs.front().head;
  bench.commit(*store, std::move(at_once));
  bench.commit(*store, test::go_on(head, {test::succeeded(1)}));
  Entry later = begin(store->journal().keys(), "later");
  later.runs.front().events.clear();
  head = later.runs.front().head;
  bench.commit(*store, std::move(later));
  bench.commit(*store, test::go_on(head, {test::with_input(large)}));
  CHECK(with_sqlite(bench.file, "SELECT count(*) FROM runs WHERE log IS NOT NULL") == "0");
  CHECK(with_sqlite(bench.file, "SELECT group_concat(n || ':' || (length(log) > 100000)) FROM run_events") ==
        "1:1,2:0,1:1");
  bench.close(std::move(store));
}

TEST_CASE("the file of the version that only kept states becomes a store, and keeps them") {
  StoreBench bench;
  with_sqlite(bench.file, old_table);
  auto store = bench.serve();
  CHECK(encode_json(*ask(bench.loop, store->states().read("tags", "link"))) == R"({"id":"t1"})");
  bench.commit(*store, begin(store->journal().keys(), "e-1"));
  bench.close(std::move(store));
  CHECK(with_sqlite(bench.file, "SELECT count(*) FROM sqlite_schema WHERE name = 'plugin_state'") == "0");
  CHECK(with_sqlite(bench.file, "PRAGMA auto_vacuum") == "2");  // so that it can become smaller
}

TEST_CASE("reading a file of the version that only kept states gives them and leaves it as it is") {
  StoreBench bench;
  with_sqlite(bench.file, old_table);
  const std::string before = test::content_of(bench.file);
  auto store = bench.visit();
  const auto value = ask(bench.loop, store->states().read("tags", "link"));
  REQUIRE_MESSAGE(value, value.error().message);
  CHECK(encode_json(*value) == R"({"id":"t1"})");
  CHECK(ask(bench.loop, store->journal().unfinished())->empty());
  bench.close(std::move(store));
  CHECK((test::content_of(bench.file) == before));
}

TEST_CASE("a file that is there and empty is an empty store") {
  StoreBench bench;
  test::write_file(bench.file, "");
  auto reader = bench.look();
  const auto unfinished = ask(bench.loop, reader->journal().unfinished());
  REQUIRE_MESSAGE(unfinished, unfinished.error().message);
  CHECK(unfinished->empty());
  bench.close(std::move(reader));
  bench.close(bench.serve());
}

TEST_CASE("a file that is no store, of another program or of a newer version is refused with what it is") {
  StoreBench bench;
  std::string expected;
  SUBCASE("no database") {
    test::write_file(bench.file, "this is no database, and it is long enough to be looked at closely");
    expected = " is no store of Millrace: it is not an SQLite file, or it is damaged";
  }
  SUBCASE("another program's") {
    with_sqlite(bench.file, "CREATE TABLE bookmarks(url TEXT); INSERT INTO bookmarks VALUES('x')");
    expected = " is an SQLite file of another program; give Millrace a file of its own";
  }
  SUBCASE("a newer version's") {
    bench.close(bench.serve());
    with_sqlite(bench.file, "PRAGMA user_version = 999");
    expected =
        " was written by a newer version of Millrace (its layout is 999, this program knows 4): use that version, or "
        "restore a backup";
  }
  const std::string before = test::content_of(bench.file);
  const auto service = bench.try_open(StoreOptions::Role::service);
  REQUIRE_FALSE(service);
  CHECK(service.error().code == ErrorCode::invalid);
  CHECK(service.error().message == bench.file.string() + expected);
  for (const auto role : {StoreOptions::Role::guest, StoreOptions::Role::reader}) {
    auto store = bench.open(role);
    CHECK(ask(bench.loop, store->states().read("tags", "link")).error().message == bench.file.string() + expected);
    if (role == StoreOptions::Role::guest)
      CHECK(ask(bench.loop, store->states().write("tags", "link", 1)).error().message ==
            bench.file.string() + expected);
    bench.close(std::move(store));
  }
  CHECK((test::content_of(bench.file) == before));
}

}  // namespace millrace
