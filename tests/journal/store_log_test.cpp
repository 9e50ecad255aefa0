#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "journal/store.hpp"
#include "journal/store_bench.hpp"
#include "journal/store_files.hpp"

namespace millrace {

using test::ask;
using test::begin;
using test::StoreBench;

TEST_SUITE_BEGIN("journal");

namespace {

constexpr std::size_t large_entry = 3u << 20;  // its log is worth moving

/// A program beside this one, which is killed while it moves the log into the file. It begins when it is told to; it
/// is made before this one has threads.
class KilledGuest {
 public:
  explicit KilledGuest(const std::filesystem::path& file) {
    REQUIRE(::pipe(word_.data()) == 0);
    process_ = ::fork();
    REQUIRE(process_ >= 0);
    if (process_ == 0) live(file);
    ::close(word_[0]);
  }
  ~KilledGuest() {
    ::close(word_[1]);
    if (ended_) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  KilledGuest(const KilledGuest&) = delete;
  KilledGuest& operator=(const KilledGuest&) = delete;

  /// The signal that was its end.
  int begin() {
    int status = 0;
    if (::write(word_[1], "!", 1) != 1) return 0;
    ended_ = ::waitpid(process_, &status, 0) == process_;
    return ended_ && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }

 private:
  [[noreturn]] void live(const std::filesystem::path& file) {
    char word = 0;
    if (::read(word_[0], &word, 1) != 1) _exit(1);
    // The log is shorter than the file becomes: the system kills whoever writes beyond the half of what is new.
    const rlimit room = {std::filesystem::file_size(file) + large_entry / 2, RLIM_INFINITY}, no_core = {0, 0};
    ::signal(SIGXFSZ, SIG_DFL);
    if (::setrlimit(RLIMIT_FSIZE, &room) != 0 || ::setrlimit(RLIMIT_CORE, &no_core) != 0) _exit(1);
    Loop loop;
    StoreOptions options;
    options.role = StoreOptions::Role::guest;
    const auto store = open_store(loop, file, options);
    if (store) {
      KeyMaker& keys = (*store)->journal().keys();
      (void)ask(loop, (*store)->journal().commit(begin_of(keys)));
      (void)ask(loop, (*store)->close());
    }
    _exit(0);
  }
  static Entry begin_of(KeyMaker& keys) {
    return test::begin(keys, "", RunOutcome::completed, std::string(large_entry, 'x'));
  }

  std::array<int, 2> word_ = {};
  pid_t process_ = -1;
  bool ended_ = false;
};

/// A store with a file that is longer than the log of what is written next.
void seed(StoreBench& bench) {
  auto store = bench.serve();
  bench.commit(*store, begin(store->journal().keys(), "", RunOutcome::completed, std::string(2 * large_entry, 'x')));
  bench.close(std::move(store));
}

std::size_t runs_in(StoreBench& bench) {
  auto look = bench.look();
  const std::size_t count = ask(bench.loop, look->history().list_runs({}))->size();
  bench.close(std::move(look));
  return count;
}

}  // namespace

TEST_CASE("who is killed while it moves the log into the file takes nobody along, and nothing is lost") {
  StoreBench bench;
  KilledGuest beside(bench.file), beside_again(bench.file), alone(bench.file);
  seed(bench);
  for (KilledGuest* guest : {&beside, &beside_again}) {
    auto store = bench.serve();
    KeyMaker& keys = store->journal().keys();
    bench.commit(*store, begin(keys, ""));
    CHECK(guest->begin() == SIGXFSZ);
    bench.commit(*store, begin(keys, ""));
    bench.close(std::move(store));
  }
  CHECK(alone.begin() == SIGXFSZ);
  auto store = bench.serve();
  bench.commit(*store, begin(store->journal().keys(), ""));
  CHECK(runs_in(bench) == 1 + 2 * 3 + 2);
  bench.close(std::move(store));
  CHECK(examine_store(bench.file).empty());
}

TEST_CASE("behind who was killed while it moved the log, what another program writes is noticed as before") {
  StoreBench bench;
  KilledGuest guest(bench.file);
  seed(bench);
  auto store = bench.serve();
  CHECK(guest.begin() == SIGXFSZ);
  bench.commit(*store, begin(store->journal().keys(), "behind"));
  bench.commit(*store, begin(store->journal().keys(), "then"));  // the log was moved before it
  std::filesystem::last_write_time(bench.file, std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
  CHECK_FALSE(ask(bench.loop, store->journal().commit(begin(store->journal().keys(), "later"))));
  (void)ask(bench.loop, store->close());
}

TEST_CASE("whoever opens a store beside a service leaves a long log to those who note that they have moved it") {
  StoreBench bench;
  auto store = bench.serve();
  const auto write = [&](std::size_t bytes) {
    bench.commit(*store, begin(store->journal().keys(), "", RunOutcome::completed, std::string(bytes, 'x')));
  };
  write(1);
  sqlite3* reader = nullptr;
  REQUIRE(sqlite3_open(bench.file.c_str(), &reader) == SQLITE_OK);
  REQUIRE(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM events", nullptr, nullptr, nullptr) == SQLITE_OK);
  write(16 << 20);  // what the reader keeps in the log
  REQUIRE(sqlite3_close(reader) == SQLITE_OK);
  auto guest = bench.visit();
  bench.commit(*guest, begin(guest->journal().keys(), "", RunOutcome::completed));
  write(1);
  bench.close(std::move(guest));
  bench.close(std::move(store));
}

TEST_CASE("a log that a reader keeps from being moved into the file is complained of until the reader has ended") {
  StoreBench bench;
  auto store = bench.serve();
  KeyMaker& keys = store->journal().keys();
  bench.commit(*store, begin(keys, ""));
  sqlite3* reader = nullptr;
  REQUIRE(sqlite3_open(bench.file.c_str(), &reader) == SQLITE_OK);
  REQUIRE(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM events", nullptr, nullptr, nullptr) == SQLITE_OK);
  const auto write = [&] { bench.commit(*store, begin(keys, "", RunOutcome::completed, std::string(5 << 20, 'x'))); };
  for (int i = 0; i < 5; ++i) write();
  CHECK(store->log_complaint().empty());
  for (int i = 0; i < 10; ++i) write();
  CHECK(store->log_bytes() > large_log);
  CHECK(store->log_complaint().find("because a program that reads the store does not come to its end") !=
        std::string::npos);
  const auto findings = examine_store(bench.file);
  REQUIRE(findings.size() == 1);
  CHECK_FALSE(findings.front().fatal);
  CHECK(findings.front().message.find("the log " + bench.file.string() + "-wal has grown to 7") == 0);
  const auto look = [&] {  // as a service does now and then; what it finds worth while comes behind it
    for (int i = 0; i < 2; ++i) REQUIRE(ask(bench.loop, store->journal().commit(Entry())));
  };
  look();
  CHECK_FALSE(store->log_complaint().empty());
  sqlite3_close(reader);
  look();
  CHECK(store->log_complaint().empty());
  CHECK(store->log_bytes() == 0);
  bench.commit(*store, begin(keys, ""));
  CHECK(store->log_bytes() < large_log);
  CHECK(examine_store(bench.file).empty());
  bench.close(std::move(store));
  CHECK(examine_store(bench.file).empty());
}

TEST_CASE("where the memory that all share is cut short, who reads says so and lives") {
  StoreBench bench;
  auto service = bench.serve();
  const RunKey run = bench.commit(*service, begin(service->journal().keys(), "before"));
  auto reader = bench.look();
  for (Store* each : {service.get(), reader.get()}) CHECK(ask(bench.loop, each->journal().read(run)));
  std::filesystem::resize_file(bench.file.string() + "-shm", 0);
  for (Store* each : {service.get(), reader.get()}) {
    const auto read = ask(bench.loop, each->journal().read(run));
    REQUIRE_FALSE(read);
    CHECK(read.error().message.find("-shm was cut short") != std::string::npos);
  }
  CHECK_FALSE(ask(bench.loop, service->journal().commit(begin(service->journal().keys(), "behind"))));
  bench.close(std::move(reader));
  CHECK_FALSE(ask(bench.loop, service->close()));
}

TEST_SUITE_END();

}  // namespace millrace
