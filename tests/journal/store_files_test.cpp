#include "journal/store_files.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "journal/store.hpp"
#include "journal/store_bench.hpp"

namespace millrace {

namespace {

namespace fs = std::filesystem;
using test::ask;
using test::begin;
using test::content_of;
using test::StoreBench;
using test::with_sqlite;
using test::write_file;

fs::path part(const StoreBench& bench, const char* ending) { return bench.file.string() + ending; }

/// As a crash leaves a store: its files as they are while it is in use.
void crash(StoreBench& left, int entries) {
  StoreBench bench;
  auto store = bench.serve();
  for (int i = 0; i < entries; ++i) bench.commit(*store, begin(store->journal().keys(), std::to_string(i)));
  for (const char* ending : {"", "-wal", "-mark"}) {
    write_file(part(left, ending), content_of(part(bench, ending)));
    fs::permissions(part(left, ending), fs::perms::owner_read | fs::perms::owner_write);
  }
  bench.close(std::move(store));
}

std::string findings_of(const StoreBench& bench) {
  std::string text;
  for (const StoreFinding& finding : examine_store(bench.file))
    text += (finding.fatal ? "fatal: " : "note: ") + finding.message + "\n";
  return text;
}

/// Nobody may write it, and everybody is told the same.
void check_refused(StoreBench& bench, const std::string& lacks) {
  const auto service = bench.try_open(StoreOptions::Role::service);
  REQUIRE_FALSE(service);
  CHECK(service.error().code == ErrorCode::invalid);
  CHECK(service.error().message.find(lacks) != std::string::npos);
  auto guest = bench.visit();
  const auto refused = ask(bench.loop, guest->journal().commit(begin(guest->journal().keys(), "new")));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == service.error().message);
  (void)ask(bench.loop, guest->close());
  auto reader = *bench.try_open(StoreOptions::Role::reader);
  CHECK(ask(bench.loop, reader->history().list_runs({})).error().message == service.error().message);
  (void)ask(bench.loop, reader->close());
  if (fs::exists(bench.file) && fs::file_size(bench.file) > 0)
    CHECK(findings_of(bench).find("fatal: the store " + bench.file.string() + " " + lacks) != std::string::npos);
}

/// What can be done to files behind the back of those that use them.
struct Misdeed {
  const char* name;
  std::function<void(StoreBench&)> commit;
};

void replace(const fs::path& file, const std::string& content) {
  const fs::path other = file.string() + "-other";
  write_file(other, content);
  fs::rename(other, file);
}

std::vector<Misdeed> misdeeds() {
  std::vector<Misdeed> all;
  for (const char* ending : {"", "-wal", "-shm"}) {
    all.push_back({"removed", [ending](StoreBench& bench) { fs::remove(part(bench, ending)); }});
    all.push_back({"moved away", [ending](StoreBench& bench) {
                     fs::rename(part(bench, ending), bench.folder.path() / "elsewhere");
                   }});
    all.push_back({"replaced by a copy of itself",
                   [ending](StoreBench& bench) { replace(part(bench, ending), content_of(part(bench, ending))); }});
    all.push_back({"moved, with a link in its place", [ending](StoreBench& bench) {
                     fs::rename(part(bench, ending), bench.folder.path() / "elsewhere");
                     fs::create_symlink(bench.folder.path() / "elsewhere", part(bench, ending));
                   }});
  }
  for (const char* ending : {"-wal", "-shm"})
    all.push_back({"emptied", [ending](StoreBench& bench) { fs::resize_file(part(bench, ending), 0); }});
  const auto cut = [&all](const char* name, const std::function<std::uintmax_t(std::uintmax_t)>& kept) {
    // As it is when somebody writes on in the same moment: it is as long as before.
    for (const std::uintmax_t more : {0u, 1u, 4120u}) {
      all.push_back({name, [kept, more](StoreBench& bench) {
                       const auto size = fs::file_size(part(bench, "-wal"));
                       fs::resize_file(part(bench, "-wal"), kept(size));
                       if (more > 0) fs::resize_file(part(bench, "-wal"), size - 1 + more);
                     }});
    }
  };
  cut("cut off behind its head", [](std::uintmax_t) { return 32; });
  cut("cut off within", [](std::uintmax_t size) { return size / 2; });
  cut("cut off before the head of its last page", [](std::uintmax_t size) { return size - 4120; });
  cut("cut off within the head of its last page", [](std::uintmax_t size) { return size - 4110; });
  cut("without its last byte", [](std::uintmax_t size) { return size - 1; });
  all.push_back({"all replaced by another store", [](StoreBench& bench) {
                   StoreBench other;
                   crash(other, 3);
                   for (const char* ending : {"", "-wal"})
                     replace(part(bench, ending), content_of(part(other, ending)));
                 }});
  all.push_back({"its folder renamed",
                 [](StoreBench& bench) { fs::rename(bench.file.parent_path(), bench.folder.path() / "renamed"); }});
  all.push_back({"its folder renamed, and an empty one made", [](StoreBench& bench) {
                   fs::rename(bench.file.parent_path(), bench.folder.path() / "renamed");
                   fs::create_directories(bench.file.parent_path());
                 }});
  return all;
}

/// These leave the names and change what they hold.
std::vector<Misdeed> misdeeds_inside() {
  return {{"truncated", [](StoreBench& bench) { fs::resize_file(bench.file, 0); }},
          {"cut short", [](StoreBench& bench) { fs::resize_file(bench.file, fs::file_size(bench.file) / 2); }},
          {"a backup written into it", [](StoreBench& bench) {
             StoreBench other;
             crash(other, 3);
             write_file(bench.file, content_of(other.file));
           }}};
}

/// So that the store's file was last written in another moment than that of a misdeed.
void age(const StoreBench& bench) {
  const auto before = fs::last_write_time(bench.file);
  while (fs::file_time_type::clock::now() - before < std::chrono::milliseconds(20)) {
  }
}

}  // namespace

TEST_SUITE_BEGIN("journal");

TEST_CASE("a store that has lost its log is not opened unasked, and says how many entries are missing") {
  StoreBench bench;
  crash(bench, 35);
  SUBCASE("with its log it is whole") {
    auto store = bench.serve();
    CHECK(ask(bench.loop, store->facts())->events == 35);
    bench.close(std::move(store));
    CHECK(findings_of(bench).empty());
    return;
  }
  SUBCASE("the log is gone") { fs::remove(part(bench, "-wal")); }
  SUBCASE("the log is empty") { write_file(part(bench, "-wal"), ""); }
  SUBCASE("nothing is left but the mark") {
    for (const char* ending : {"", "-wal"}) fs::remove(part(bench, ending));
  }
  SUBCASE("a bit of the log is another one") {
    std::string log = content_of(part(bench, "-wal"));
    log[1000] = static_cast<char>(log[1000] ^ 4);
    write_file(part(bench, "-wal"), log);
  }
  const std::string log = fs::exists(part(bench, "-wal")) ? content_of(part(bench, "-wal")) : "";
  check_refused(bench, "lacks the last 35 of the 35 entries that it had taken");
  if (!log.empty()) CHECK(fs::exists(part(bench, "-wal")));

  fs::remove(mark_file(bench.file));  // as the sentence says, to go on without them
  auto store = bench.serve();
  bench.commit(*store, begin(store->journal().keys(), "new"));
  bench.close(std::move(store));
  CHECK_MESSAGE(findings_of(bench).empty(), findings_of(bench));
}

TEST_CASE("a store that was lost a part of is whole again when the log is put back") {
  StoreBench bench;
  crash(bench, 5);
  fs::rename(part(bench, "-wal"), bench.folder.path() / "kept");
  check_refused(bench, "lacks the last 5 of the 5 entries");
  fs::rename(bench.folder.path() / "kept", part(bench, "-wal"));
  auto store = bench.serve();
  CHECK(ask(bench.loop, store->facts())->events == 5);
  bench.close(std::move(store));
}

TEST_CASE("an older file that was put in the place of a store is not opened, and what was restored is") {
  StoreBench bench;
  auto store = bench.serve();
  for (int i = 0; i < 4; ++i) bench.commit(*store, begin(store->journal().keys(), std::to_string(i)));
  const auto backup = bench.folder.path() / "backup.db";
  REQUIRE(ask(bench.loop, store->backup(backup)));
  auto guest = bench.visit();
  for (int i = 4; i < 11; ++i)
    bench.commit(i % 2 == 0 ? *store : *guest, begin(guest->journal().keys(), std::to_string(i)));
  CHECK(
      ask(bench.loop, store->journal().commit(begin(store->journal().keys(), "1")))->duplicate);  // counts for nothing
  bench.close(std::move(guest));
  bench.close(std::move(store));
  write_file(bench.file, content_of(backup));
  check_refused(bench, "lacks the last 7 of the 11 entries");
  fs::remove(bench.file);
  const auto restored = restore_store(backup, bench.file, test::later(0));
  REQUIRE_MESSAGE(restored, restored.error().message);
  auto again = bench.serve();
  CHECK(ask(bench.loop, again->facts())->restored);
  bench.close(std::move(again));
}

TEST_CASE("where a file of the store is removed, moved or replaced while it is used, nothing more is acknowledged") {
  for (const auto role : {StoreOptions::Role::service, StoreOptions::Role::guest}) {
    for (const Misdeed& misdeed : misdeeds()) {
      CAPTURE(misdeed.name);
      StoreBench bench;
      auto store = bench.open(role);
      KeyMaker& keys = store->journal().keys();
      bench.commit(*store, begin(keys, "before"));
      misdeed.commit(bench);
      for (const char* id : {"before", "behind", "later"}) {
        const auto refused = ask(bench.loop, store->journal().commit(begin(keys, id)));
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == ErrorCode::unavailable);
        CHECK(refused.error().message.find("while the store was in use, so nothing more is accepted") !=
              std::string::npos);
      }
      CHECK_FALSE(ask(bench.loop, store->close()));
    }
  }
}

TEST_CASE("what has taken the place of a store's files is left as it is when the store is closed") {
  StoreBench bench;
  auto store = bench.serve();
  bench.commit(*store, begin(store->journal().keys(), "before"));
  StoreBench other;
  crash(other, 3);
  for (const char* ending : {"", "-wal"}) replace(part(bench, ending), content_of(part(other, ending)));
  CHECK_FALSE(ask(bench.loop, store->journal().commit(begin(store->journal().keys(), "behind"))));
  (void)ask(bench.loop, store->close());
  for (const char* ending : {"", "-wal"}) CHECK((content_of(part(bench, ending)) == content_of(part(other, ending))));
}

TEST_CASE(
    "a service notices that another program writes into its store's file, and what guests write is no such thing") {
  for (const Misdeed& misdeed : misdeeds_inside()) {
    CAPTURE(misdeed.name);
    StoreBench bench;
    bench.close(bench.serve());
    auto store = bench.serve();
    bench.commit(*store, begin(store->journal().keys(), "before"));
    age(bench);
    misdeed.commit(bench);
    const auto refused = ask(bench.loop, store->journal().commit(begin(store->journal().keys(), "behind")));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::unavailable);
    (void)ask(bench.loop, store->close());
  }
  StoreBench bench;
  auto store = bench.serve();
  auto guest = bench.visit();
  for (int i = 0; i < 8; ++i) {
    // Enough for the log to be moved into the file, by either of them.
    Store& writer = i % 2 == 0 ? *guest : *store;
    bench.commit(writer, begin(writer.journal().keys(), "", RunOutcome::completed, std::string(3 << 20, 'x')));
  }
  bench.close(std::move(guest));
  bench.commit(*store, begin(store->journal().keys(), "behind"));
  bench.close(std::move(store));
}

TEST_CASE("every bit that is another one than was written is found, and what it is in cannot be read") {
  StoreBench bench;
  auto store = bench.serve();
  KeyMaker& keys = store->journal().keys();
  std::vector<RunKey> runs;
  for (int i = 0; i < 50; ++i) {
    Entry entry = begin(keys, "MARK-id-" + std::to_string(i), RunOutcome::completed, "MARK" + std::string(100, 'p'));
    entry.runs.front().head.note = "MARK" + std::string(20, 'n');
    entry.runs.front().events.front().what = RunStarted{"", "MARK" + std::string(60, 'd')};
    entry.states.push_back({"tags", "MARK-key-" + std::to_string(i), "MARK" + std::string(40, 's')});
    entry.audit.push_back({test::morning, "MARKwho", "paused", "tidy", "MARK" + std::string(30, 'a')});
    const RunHead head = entry.runs.front().head;
    runs.push_back(bench.commit(*store, std::move(entry)));
    const RunEvent more{test::later(i), StepSucceeded{{0, 1}, "MARK" + std::string(50, 'e')}};
    bench.commit(*store, test::go_on(head, {more}));
  }
  Entry version;
  version.versions.push_back({"other", "MARKhash", "MARK" + std::string(200, 't')});
  bench.commit(*store, std::move(version));
  bench.close(std::move(store));

  const std::string whole = content_of(bench.file);
  int flipped = 0, unseen = 0, read = 0;
  for (std::size_t at = whole.find("MARK"); at != std::string::npos; at = whole.find("MARK", at + 1)) {
    if (++flipped % 7 != 0) continue;  // every one takes its time
    std::string damaged = whole;
    const std::size_t place = at + 4 + static_cast<std::size_t>(flipped) % 4;
    damaged[place] = static_cast<char>(damaged[place] ^ (1 << flipped % 7));
    StoreBench other;
    write_file(other.file, damaged);
    fs::permissions(other.file, fs::perms::owner_read | fs::perms::owner_write);
    if (findings_of(other).find("fatal: ") != 0) ++unseen;
    if (damaged[at + 10] != 'p') continue;
    auto look = other.look();
    for (const RunKey run : runs) {
      const auto stored = ask(other.loop, look->journal().read(run));
      REQUIRE(stored);
      if (stored->unreadable.empty()) continue;
      CHECK(stored->unreadable.find("damaged event") != std::string::npos);
      ++read;
    }
    other.close(std::move(look));
  }
  CHECK(flipped > 300);
  CHECK(unseen == 0);
  CHECK(read > 5);
}

TEST_CASE("a store of the layout without checksums is read as it is, and brought up to date by the first who writes") {
  StoreBench bench;
  auto store = bench.serve();
  KeyMaker& keys = store->journal().keys();
  Entry entry = begin(keys, "e-1", RunOutcome::waiting);
  entry.states.push_back({"tags", "link", "kept"});
  const RunHead head = entry.runs.front().head;
  const RunKey run = bench.commit(*store, std::move(entry));
  bench.commit(*store, test::go_on(head, {test::succeeded(1)}));
  bench.close(std::move(store));
  CHECK(with_sqlite(bench.file,
                    "ALTER TABLE versions DROP COLUMN sum; ALTER TABLE events DROP COLUMN sum;"
                    "ALTER TABLE events DROP COLUMN origin; ALTER TABLE runs DROP COLUMN sum;"
                    "ALTER TABLE run_events DROP COLUMN sum; ALTER TABLE states DROP COLUMN sum;"
                    "ALTER TABLE audit DROP COLUMN sum; DROP TABLE position; PRAGMA user_version = 1") == "");
  fs::remove(mark_file(bench.file));
  const auto check = [&](Store& opened) {
    const auto stored = ask(bench.loop, opened.journal().read(run));
    REQUIRE_MESSAGE(stored, stored.error().message);
    CHECK(stored->events.size() == 2);
    CHECK(stored->text == test::tidy_workflow().text);
    CHECK(ask(bench.loop, opened.states().read("tags", "link"))->text() == "kept");
    CHECK(ask(bench.loop, opened.journal().unfinished())->size() == 1);
    CHECK(ask(bench.loop, opened.history().list_runs({}))->size() == 1);
  };
  const std::string before = content_of(bench.file);
  auto reader = bench.look();
  check(*reader);
  bench.close(std::move(reader));
  CHECK(findings_of(bench).empty());
  CHECK((content_of(bench.file) == before));

  auto service = bench.serve();
  check(*service);
  CHECK(ask(bench.loop, service->journal().commit(begin(service->journal().keys(), "e-1")))->duplicate);
  bench.commit(*service, test::go_on(head, {test::succeeded(2)}));
  bench.close(std::move(service));
  CHECK(with_sqlite(bench.file, "PRAGMA user_version") == "4");
  CHECK(findings_of(bench).empty());
}

TEST_CASE("a run that began in a store of the second layout, in its form of events, goes on in today's") {
  StoreBench bench;
  auto store = bench.serve();
  Entry entry = begin(store->journal().keys(), "e-1", RunOutcome::waiting);
  const RunHead head = entry.runs.front().head;
  const RunKey run = bench.commit(*store, std::move(entry));
  bench.commit(*store, test::go_on(head, {test::succeeded(1)}));
  bench.close(std::move(store));
  CHECK(with_sqlite(bench.file,
                    // run_started {run: "r"} and step_succeeded 0/1 {output: 7}, as events-1.txt has such
                    "UPDATE runs SET sum = NULL, log = x'01010002a080a09a0d80e59a77000901060372756e060172';"
                    "UPDATE run_events SET sum = NULL, log = x'01010602cc82a09a0d80e59a77020001030e';"
                    "PRAGMA user_version = 2") == "");
  const std::string before = content_of(bench.file);
  auto reader = bench.look();
  const auto stored = ask(bench.loop, reader->journal().read(run));
  REQUIRE(stored);
  CHECK(stored->unreadable == "");
  CHECK(test::outputs_of(stored->events) == "7 ");
  bench.close(std::move(reader));
  CHECK(findings_of(bench).empty());
  CHECK((content_of(bench.file) == before));

  auto service = bench.serve();
  bench.commit(*service, test::go_on(head, {test::succeeded(2)}));
  const auto after = ask(bench.loop, service->journal().read(run));
  REQUIRE(after);
  CHECK(after->unreadable == "");
  CHECK(test::outputs_of(after->events) == "7 2 ");
  const auto& began = std::get<RunStarted>(after->events.front().what);
  CHECK(began.event == Value("payload"));
  CHECK(began.run == Value("r"));
  bench.close(std::move(service));
  CHECK(with_sqlite(bench.file, "PRAGMA user_version") == "4");
  CHECK(findings_of(bench).empty());
}

TEST_SUITE_END();

}  // namespace millrace
