#include <doctest/doctest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>
#include <string>

#include "ask.hpp"
#include "journal/store.hpp"
#include "journal/witness.hpp"
#include "simulated_disk.hpp"

namespace millrace {

namespace {

using test::ask;
using test::open_on;
using test::SimulatedDisk;
using test::store_file;
using test::Verdict;
using test::Witness;

constexpr int cuts_a_world = 8;

struct Figures {
  std::int64_t cuts = 0, worlds = 0, acknowledged = 0, refused = 0, lost = 0, faults = 0, ignored_syncs = 0,
               failed_syncs = 0;
  std::string first_fault;

  void add(const Verdict& verdict, std::uint64_t seed) {
    lost += verdict.lost;
    faults += static_cast<std::int64_t>(verdict.faults.size());
    if (first_fault.empty() && !verdict.faults.empty())
      first_fault = "seed " + std::to_string(seed) + ": " + verdict.faults.front();
  }
};

/// An empty disk, one with an empty store, and one with the file of the version that only kept states, in small pages:
/// with large entries its log is moved into the file again and again while it is in use.
SimulatedDisk::Image empty_store(Loop& loop) {
  const SimulatedDisk disk;
  {
    auto store = open_on(loop, disk);
    REQUIRE(store);
    CHECK(ask(loop, (*store)->close()));
  }
  return disk.image();
}

SimulatedDisk::Image old_file_of_small_pages() {
  const SimulatedDisk disk;
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open_v2(store_file, &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, disk.name().c_str()) ==
          SQLITE_OK);
  const char* make =
      "PRAGMA page_size = 512; CREATE TABLE plugin_state(plugin TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
      " PRIMARY KEY(plugin, key)) WITHOUT ROWID; INSERT INTO plugin_state VALUES('tags', 'link', '\"old\"')";
  CHECK(sqlite3_exec(database, make, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
  return disk.image();
}

std::string integrity(const SimulatedDisk& disk) {
  sqlite3* database = nullptr;
  std::string said = "cannot be opened";
  const auto note = [](void* into, int, char** values, char**) {
    *static_cast<std::string*>(into) = values[0];
    return 0;
  };
  if (sqlite3_open_v2(store_file, &database, SQLITE_OPEN_READWRITE, disk.name().c_str()) == SQLITE_OK)
    sqlite3_exec(database, "PRAGMA integrity_check(1)", note, &said, nullptr);
  sqlite3_close(database);
  return said;
}

class World {
 public:
  World(Loop& loop, const SimulatedDisk::Image& image, std::uint64_t seed)
      : loop_(loop), seed_(seed), random_(seed), disk_(image), witness_(seed) {}
  void write_texts_up_to(std::size_t size) { witness_.write_texts_up_to(size); }
  void be_normal() { normal_ = true; }
  void fail_syncs() { failing_ = true; }

  void live(Figures& figures, int cuts) {
    std::unique_ptr<Store> store;
    for (int cut = 0; cut < cuts; ++cut) {
      work_until_power_fails(std::move(store));
      figures.refused += static_cast<std::int64_t>(witness_.refusals().size());
      figures.ignored_syncs += disk_.ignored_syncs();
      figures.failed_syncs += disk_.fired(SimulatedDisk::Operation::sync);
      disk_.restore_power(random_());
      disk_.heal();
      store = examine(figures);
      ++figures.cuts;
    }
    if (store) close(*store, figures);
    figures.acknowledged += witness_.acknowledged();
    ++figures.worlds;
  }

 private:
  /// Writes, closes and opens until the power fails, at a random change of the disk: during any of these.
  void work_until_power_fails(std::unique_ptr<Store> store) {
    if (normal_) disk_.ignore_syncs_of("-wal");
    if (failing_) disk_.fail(SimulatedDisk::Operation::sync, static_cast<std::int64_t>(random_() % 8) + 1);
    disk_.cut_power_after(static_cast<std::int64_t>(random_() % 150) + 1);
    for (;;) {
      for (std::uint64_t rounds = random_() % 12; store && rounds > 0 && disk_.has_power(); --rounds)
        witness_.write(loop_, store->journal(), static_cast<int>(random_() % 4) + 1);
      if (store) {
        if (random_() % 2 == 0) disk_.kill_users();
        const auto closed = ask(loop_, store->close());
        (void)closed;  // without power, or after its end, it says that it could not
        store.reset();
      }
      if (!disk_.has_power()) return;
      auto opened = open_on(loop_, disk_);
      if (opened) store = std::move(*opened);
    }
  }

  std::unique_ptr<Store> examine(Figures& figures) {
    auto store = open_on(loop_, disk_);
    if (!store) {
      figures.add({0, {"cannot be opened: " + store.error().message}}, seed_);
      return nullptr;
    }
    figures.add(witness_.examine(loop_, **store, failing_ ? Witness::Refused::any : Witness::Refused::in_order), seed_);
    const std::string said = integrity(disk_);
    if (said != "ok") figures.add({0, {"damaged: " + said}}, seed_);
    return std::move(*store);
  }

  void close(Store& store, Figures& figures) {
    const auto closed = ask(loop_, store.close());
    if (!closed) figures.add({0, {"cannot be closed: " + closed.error().message}}, seed_);
  }

  Loop& loop_;
  std::uint64_t seed_;
  std::mt19937_64 random_;
  SimulatedDisk disk_;
  Witness witness_;
  bool normal_ = false, failing_ = false;
};

/// MILLRACE_POWER_CUTS=20000 for the long version.
std::int64_t cuts_wanted() {
  const char* wanted = std::getenv("MILLRACE_POWER_CUTS");
  return wanted != nullptr ? std::atoll(wanted) : 1000;
}

}  // namespace

TEST_CASE("an accepted event survives a power cut") {
  const std::int64_t cuts = cuts_wanted();
  Loop loop(2);
  const SimulatedDisk::Image nothing, made = empty_store(loop), old = old_file_of_small_pages();
  Figures figures;
  for (std::uint64_t seed = 1; figures.cuts < cuts; ++seed) {
    World world(loop, seed % 16 == 0 ? old : seed % 4 == 0 ? nothing : made, seed);
    if (seed % 16 == 0) world.write_texts_up_to(60'000);
    world.live(figures, cuts_a_world);
  }
  std::cout << figures.cuts << " power cuts, " << figures.acknowledged << " acknowledged, " << figures.lost << " lost, "
            << figures.refused << " refused\n";
  CHECK(figures.first_fault == "");
  CHECK(figures.lost == 0);
  CHECK(figures.faults == 0);
  CHECK(figures.acknowledged > figures.cuts);
  CHECK(figures.refused > figures.cuts / 4);
}

TEST_CASE("the power cuts would show a log that is not synced at every commit") {
  Loop loop(2);
  const SimulatedDisk::Image made = empty_store(loop);
  Figures figures;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    World world(loop, made, seed);
    world.be_normal();
    world.live(figures, cuts_a_world);
  }
  std::cout << figures.cuts << " power cuts without syncs of the log, " << figures.acknowledged << " acknowledged, "
            << figures.lost << " lost\n";
  CHECK(figures.ignored_syncs > 0);
  CHECK(figures.lost > 0);
}

TEST_CASE(
    "an accepted event survives a failed sync, a start of the program without one of the machine, and a power cut") {
  const std::int64_t cuts = cuts_wanted() / 4;
  Loop loop(2);
  const SimulatedDisk::Image made = empty_store(loop);
  Figures figures;
  for (std::uint64_t seed = 1; figures.cuts < cuts; ++seed) {
    World world(loop, made, seed);
    world.fail_syncs();
    world.live(figures, cuts_a_world);
  }
  std::cout << figures.cuts << " power cuts after failed syncs, " << figures.acknowledged << " acknowledged, "
            << figures.lost << " lost\n";
  CHECK(figures.failed_syncs > 0);
  CHECK(figures.first_fault == "");
  CHECK(figures.lost == 0);
}

}  // namespace millrace
