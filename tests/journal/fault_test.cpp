#include <doctest/doctest.h>

#include <iostream>
#include <memory>
#include <string>

#include "ask.hpp"
#include "failing_memory.hpp"
#include "journal/entries.hpp"
#include "journal/store.hpp"
#include "journal/witness.hpp"
#include "simulated_disk.hpp"

namespace millrace {

namespace {

using test::ask;
using test::open_on;
using test::SimulatedDisk;
using test::Verdict;
using test::Witness;
using Operation = SimulatedDisk::Operation;

/// What the writing of a small service does, opening and closing included. Gives what was wrong about its refusals.
std::string live(Loop& loop, const SimulatedDisk& disk, Witness& witness) {
  for (int life = 0; life < 2; ++life) {
    const auto store = open_on(loop, disk);
    if (!store) continue;
    bool failed = false;
    for (int round = 0; round < 3; ++round) {
      const std::int64_t syncs = disk.count(Operation::sync);
      const int acknowledged = witness.write(loop, (*store)->journal(), 2);
      if (failed && acknowledged > 0) return "something is acknowledged after the disk has failed";
      if (failed && disk.count(Operation::sync) != syncs) return "a sync is tried again";
      failed = failed || (acknowledged < 2 && witness.refusals().back().code == ErrorCode::unavailable);
    }
    const auto closed = ask(loop, (*store)->close());
    if (failed && closed) return "closing hides that the disk has failed";
  }
  return "";
}

struct Outcome {
  std::int64_t fired = 0, lives = 0, acknowledged = 0, refused = 0, lost = 0;
  std::string first_fault;

  void note(const std::string& fault, std::int64_t nth) {
    if (first_fault.empty() && !fault.empty()) first_fault = "the operation no. " + std::to_string(nth) + ": " + fault;
  }
  void note(const Verdict& verdict, std::int64_t nth) {
    lost += verdict.lost;
    if (!verdict.faults.empty()) note(verdict.faults.front(), nth);
  }
};

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  return out << outcome.fired << " faults in " << outcome.lives << " lives, " << outcome.acknowledged
             << " acknowledged, " << outcome.refused << " refused, " << outcome.lost << " lost";
}

void examine(Loop& loop, const SimulatedDisk& disk, Witness& witness, std::int64_t nth, Outcome& outcome) {
  auto store = open_on(loop, disk);
  if (!store) {
    // The file of a store that never came into being may be in pieces; that is said.
    if (witness.acknowledged() == 0 && store.error().code == ErrorCode::invalid) return;
    return outcome.note("cannot be opened afterwards: " + store.error().message, nth);
  }
  outcome.note(witness.examine(loop, **store, Witness::Refused::any), nth);
  if (witness.write(loop, (*store)->journal(), 2) != 2)
    outcome.note("nothing is accepted afterwards: " + witness.refusals().front().message, nth);
  outcome.note(witness.examine(loop, **store, Witness::Refused::any), nth);
  const auto closed = ask(loop, (*store)->close());
  if (!closed) outcome.note("cannot be closed afterwards: " + closed.error().message, nth);
}

/// The first, the second, the third ... such operation fails, until the workload needs no more of them. After each
/// second one the power fails, too.
Outcome sweep(Operation operation, bool for_ever) {
  Loop loop(2);
  Outcome outcome;
  for (std::int64_t nth = 1;; ++nth) {
    SimulatedDisk disk;
    Witness witness(static_cast<std::uint64_t>(nth));
    disk.fail(operation, nth, for_ever);
    outcome.note(live(loop, disk, witness), nth);
    if (disk.fired(operation) == 0) break;
    outcome.fired += disk.fired(operation);
    outcome.refused += static_cast<std::int64_t>(witness.refusals().size());
    ++outcome.lives;
    disk.heal();
    if (nth % 2 == 0) {
      disk.cut_power();
      disk.restore_power(static_cast<std::uint64_t>(nth));
    }
    for (int twice = 0; twice < 2; ++twice) {
      examine(loop, disk, witness, nth, outcome);
      disk.cut_power();
      disk.restore_power(static_cast<std::uint64_t>(nth));
    }
    outcome.acknowledged += witness.acknowledged();
  }
  return outcome;
}

/// The disk is full after so many bytes; later there is room again.
Outcome fill_disk(std::int64_t bytes) {
  Loop loop(2);
  Outcome outcome;
  SimulatedDisk disk;
  Witness witness(static_cast<std::uint64_t>(bytes));
  disk.limit(bytes);
  auto store = open_on(loop, disk);
  for (int round = 0; store && round < 4; ++round) witness.write(loop, (*store)->journal(), 2);
  for (const Error& refusal : witness.refusals()) {
    if (refusal.code != ErrorCode::limited) outcome.note("refused for another reason: " + refusal.message, bytes);
  }
  outcome.refused = static_cast<std::int64_t>(witness.refusals().size());
  disk.limit({});
  if (store && witness.write(loop, (*store)->journal(), 2) != 2) outcome.note("it does not go on", bytes);
  if (store && !ask(loop, (*store)->close())) outcome.note("cannot be closed", bytes);
  disk.cut_power();
  disk.restore_power(static_cast<std::uint64_t>(bytes));
  examine(loop, disk, witness, bytes, outcome);
  outcome.fired = disk.refused_as_full();
  outcome.acknowledged = witness.acknowledged();
  return outcome;
}

/// The first, the `step`th after it ... allocation of SQLite fails, until the workload needs no more of them.
Outcome run_out_of_memory(bool for_ever, std::int64_t step) {
  test::FailingMemory memory;
  Loop loop(2);
  Outcome outcome;
  for (std::int64_t nth = 1;; nth += step) {
    const SimulatedDisk disk;
    Witness witness(static_cast<std::uint64_t>(nth));
    memory.fail(nth, for_ever);
    outcome.note(live(loop, disk, witness), nth);
    memory.heal();
    if (memory.fired() == 0) break;
    outcome.fired += memory.fired();
    outcome.refused += static_cast<std::int64_t>(witness.refusals().size());
    ++outcome.lives;
    examine(loop, disk, witness, nth, outcome);
    outcome.acknowledged += witness.acknowledged();
  }
  return outcome;
}

/// What was seen while the disk was full.
struct FullDisk {
  std::string refused;   ///< why a new entry was
  std::string refusal;   ///< what the store said
  std::string given_up;  ///< what a task was told that waited and was cancelled
};

Task<void> commit_late(Store& store, RunHead head, std::int64_t output, std::string& error) {
  Entry entry = test::go_on(std::move(head), {test::succeeded(output)});
  entry.waits_for_room = true;
  const auto committed = co_await store.journal().commit(std::move(entry));
  if (!committed) error = committed.error().message;
}

Task<void> wait_for_room(Loop& loop, SimulatedDisk& disk, Store& store, RunHead head, FullDisk& seen) {
  disk.limit(0);
  Scope patient(loop), impatient(loop);
  std::string error;
  for (const std::int64_t output : {1, 2}) patient.spawn(commit_late(store, head, output, error));
  impatient.spawn(commit_late(store, head, 99, seen.given_up));
  Entry entry = test::begin(store.journal().keys(), "e-2");
  const auto refused = co_await store.journal().commit(std::move(entry));
  if (!refused) seen.refused = refused.error().message;
  seen.refusal = store.take_refusal();
  co_await impatient.stop();
  disk.limit({});
  patient.spawn(commit_late(store, head, 3, error));
  co_await patient.done();
  CHECK(error == "");
}

void check(const char* what, Operation operation) {
  for (const bool for_ever : {false, true}) {
    const Outcome outcome = sweep(operation, for_ever);
    std::cout << what << (for_ever ? " for ever: " : " once: ") << outcome << "\n";
    CHECK(outcome.first_fault == "");
    CHECK(outcome.lost == 0);
    CHECK(outcome.fired >= outcome.lives);
    CHECK(outcome.lives > 3);
    CHECK(outcome.acknowledged > outcome.lives);
  }
}

}  // namespace

TEST_CASE("any one write may fail, and nothing that was acknowledged is lost") { check("writes", Operation::write); }
TEST_CASE("any one sync may fail, and nothing that was acknowledged is lost") { check("syncs", Operation::sync); }
TEST_CASE("any one read may fail, and nothing that was acknowledged is lost") { check("reads", Operation::read); }
TEST_CASE("any one file may fail to open, and nothing that was acknowledged is lost") {
  check("openings", Operation::open);
}

TEST_CASE("after a sync has failed all is refused though the disk works again, until the program is started again") {
  Loop loop(2);
  SimulatedDisk disk;
  auto store = open_on(loop, disk);
  REQUIRE(store);
  KeyMaker& keys = (*store)->journal().keys();
  CHECK(ask(loop, (*store)->journal().commit(test::begin(keys, "before"))));
  disk.fail(Operation::sync, 1);
  const auto first = ask(loop, (*store)->journal().commit(test::begin(keys, "during")));
  CHECK(first.error().code == ErrorCode::unavailable);
  CHECK(first.error().message ==
        "cannot write the store /store.db: disk I/O error; nothing more is written until Millrace is started again");
  const std::int64_t syncs = disk.count(Operation::sync), writes = disk.count(Operation::write);
  for (int i = 0; i < 3; ++i) {
    const auto next = ask(loop, (*store)->journal().commit(test::begin(keys, "after")));
    CHECK(next.error().message == first.error().message);
  }
  CHECK(ask(loop, (*store)->prune(test::morning)).error().code == ErrorCode::unavailable);
  CHECK(disk.count(Operation::sync) == syncs);
  CHECK(disk.count(Operation::write) == writes);
  CHECK(ask(loop, (*store)->journal().unfinished())->size() == 1);  // reading goes on
  CHECK(ask(loop, (*store)->close()).error().code == ErrorCode::unavailable);

  store = open_on(loop, disk);
  REQUIRE(store);
  CHECK(ask(loop, (*store)->journal().commit(test::begin((*store)->journal().keys(), "before")))->duplicate);
  CHECK_FALSE(ask(loop, (*store)->journal().commit(test::begin((*store)->journal().keys(), "after")))->duplicate);
  CHECK(ask(loop, (*store)->close()));
  CHECK(disk.fired(Operation::sync) == 1);
}

TEST_CASE("on a full disk what is new is refused, and what has happened already waits for room and keeps its order") {
  Loop loop(2);
  SimulatedDisk disk;
  auto store = open_on(loop, disk);
  REQUIRE(store);
  Entry began = test::begin((*store)->journal().keys(), "e-1");
  const RunHead head = began.runs.front().head;
  CHECK(ask(loop, (*store)->journal().commit(std::move(began))));
  CHECK((*store)->take_refusal() == "");

  FullDisk seen;
  ask(loop, wait_for_room(loop, disk, **store, head, seen));
  CHECK(seen.refused == "the disk is full, so the store /store.db takes nothing new");
  CHECK(seen.refusal == seen.refused);
  CHECK(seen.given_up == seen.refused);
  CHECK(disk.refused_as_full() > 0);
  CHECK((*store)->take_refusal() == "");
  const auto stored = ask(loop, (*store)->journal().read(head.key));
  CHECK(test::outputs_of(stored->events) == "1 2 3 ");
  CHECK(ask(loop, (*store)->close()));
}

TEST_CASE("the disk may be full at any moment: what is refused says so, and it goes on by itself when there is room") {
  Outcome all;
  for (std::int64_t bytes = 0; bytes < 300'000; bytes += 2'900) {
    const Outcome outcome = fill_disk(bytes);
    ++all.lives;
    all.fired += outcome.fired;
    all.acknowledged += outcome.acknowledged;
    all.refused += outcome.refused;
    all.lost += outcome.lost;
    all.note(outcome.first_fault, bytes);
  }
  std::cout << "a full disk: " << all << "\n";
  CHECK(all.first_fault == "");
  CHECK(all.lost == 0);
  CHECK(all.fired > 20);
  CHECK(all.refused > 20);
}

TEST_CASE("memory may run out at any moment, and nothing that was acknowledged is lost") {
  for (const bool for_ever : {false, true}) {
    const Outcome outcome = run_out_of_memory(for_ever, 41);
    std::cout << "memory " << (for_ever ? "for ever" : "once") << ": " << outcome << "\n";
    CHECK(outcome.first_fault == "");
    CHECK(outcome.lost == 0);
    CHECK(outcome.lives > 20);
    CHECK(outcome.fired >= outcome.lives);
  }
}

}  // namespace millrace
