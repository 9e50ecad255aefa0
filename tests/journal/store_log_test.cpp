#include <doctest/doctest.h>

#include <string>

#include "journal/store.hpp"
#include "journal/store_bench.hpp"
#include "journal/store_files.hpp"

namespace millrace {

using test::ask;
using test::begin;
using test::StoreBench;

TEST_SUITE_BEGIN("journal");

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
