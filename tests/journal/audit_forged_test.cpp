#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "journal/audit.hpp"
#include "journal/audit_bench.hpp"
#include "journal/audit_chain.hpp"

// What whoever can write the store makes of its audit, with hashes that fit.

namespace millrace {

TEST_SUITE_BEGIN("journal");

namespace {

using test::ask;
using test::AuditBench;
using test::day_seconds;
using test::later;
using test::with_sqlite;
using test::without_lines;

}  // namespace

TEST_CASE(
    "a line put in before the lines that are there is found, and what it says of a restore or of pruning is not "
    "believed") {
  AuditBench bench;
  bench.add(5);
  const AuditHead held = bench.head();
  SUBCASE("alone") {
    with_sqlite(bench.file, "INSERT INTO audit VALUES(0, 1, 'anna', 'approve', 'r', 'yes', NULL)");
    CHECK(bench.faults({held}) == "line 0 was put in: the lines begin with 1\n");
  }
  SUBCASE("to excuse an end that is cut off") {
    with_sqlite(bench.file, "INSERT INTO audit VALUES(0, 9000000000000000000, 'ada', 'restore', 'store', '', NULL);" +
                                without_lines(3, 5));
    CHECK(bench.look_at({held}).held.lost == 0);
    CHECK(bench.faults({held}).find("and are cut off") != std::string::npos);
  }
  SUBCASE("behind lines that were pruned") {
    bench.add(5, 410 * day_seconds);
    auto service = bench.serve();
    REQUIRE(ask(bench.loop, service->prune(later(411 * day_seconds))));
    bench.close(std::move(service));
    for (const std::string at : {"5", "-3"}) {
      with_sqlite(bench.file, "INSERT INTO audit VALUES(" + at + ", 1, 'anna', 'approve', 'r', 'yes', NULL)");
      CHECK(bench.faults().find("line " + at + " was put in: the lines begin with 6\n") != std::string::npos);
    }
  }
}

TEST_CASE("a field of another type is a change, for no filter finds it") {
  for (const char* field : {"at", "who", "what", "about", "detail"}) {
    CAPTURE(field);
    AuditBench bench;
    bench.add(3);
    const std::string name = field;
    with_sqlite(bench.file, "UPDATE audit SET " + name + " = CAST(" + name + " AS BLOB) WHERE id = 2");
    CHECK(bench.faults() == "line 2 is not what was written, or not in its place\n");
  }
}

namespace {

/// Takes the lines up to `last` away, and says that they were pruned, as who can write the store can.
void pretend_pruning(AuditBench& bench, std::int64_t last, std::int64_t at) {
  std::string hash;
  REQUIRE(each_audit_line(bench.file, {}, [&](const AuditEntry& each) {
    if (each.number == last) hash = each.hash;
  }));
  const std::string number = std::to_string(last);
  with_sqlite(bench.file,
              "DELETE FROM audit WHERE id <= " + number + ";DELETE FROM audit_chain WHERE number < " + number);
  auto store = bench.visit();
  Entry entry;
  entry.audit.push_back({later(at), "millrace", "prune", "audit", pruned_words(last, hash, 0)});
  bench.commit(*store, std::move(entry));
  bench.close(std::move(store));
}

}  // namespace

TEST_CASE("lines that were too young to be pruned are missed by who held a head of them") {
  for (const std::int64_t claimed :
       {std::int64_t{20}, 500 * day_seconds}) {  // also where it is said to be later than now
    CAPTURE(claimed);
    AuditBench bench;
    bench.add(4);
    const AuditHead early = bench.head(4);
    bench.add(4, 5);
    const AuditHead late = bench.head(9);
    pretend_pruning(bench, 6, claimed);
    const AuditReport report = bench.look_at({early, late});
    CHECK(report.held.agreeing == 1);
    CHECK(report.held.pruned == 1);
    CHECK(bench.faults({early, late}).find("line 4 was the newest one at") == 0);
    CHECK(bench.faults({early}).find("nothing of then was old enough to be pruned") != std::string::npos);
  }
}

TEST_CASE("lines that seem to be pruned although the next ones are young are told, until a head vouches for that") {
  AuditBench bench;
  bench.add(8);
  const AuditHead held = bench.head(9);
  pretend_pruning(bench, 5, 20);
  CHECK(bench.faults({held}).find("the lines up to 5 are gone, as if they had been pruned") == 0);
  CHECK(bench.faults() == "");
  CHECK(bench.faults({held, bench.head(30)}) == "");
}

TEST_CASE("a whole history in place of another is told to who held a head") {
  AuditBench bench;
  bench.add(8);
  const AuditHead held = bench.head(9);
  with_sqlite(bench.file,
              "DELETE FROM audit; DELETE FROM audit_chain; INSERT INTO audit_chain VALUES(1000, zeroblob(32))");
  auto store = bench.visit();
  Entry entry;
  entry.audit.push_back({later(10), "ada", "pause", "w", ""});
  entry.audit.push_back({later(10), "millrace", "prune", "audit", pruned_words(1000, std::string(32, '\0'), 0)});
  bench.commit(*store, std::move(entry));
  bench.close(std::move(store));
  CHECK(bench.faults() == "");
  CHECK(bench.faults({held}) != "");
}

TEST_CASE("heads of lines that were pruned long since vouch for nothing, which is told") {
  AuditBench bench;
  bench.add(3);
  const AuditHead old = bench.head(5);
  bench.add(5, 6);
  bench.add(5, 410 * day_seconds);
  auto service = bench.serve();
  REQUIRE(ask(bench.loop, service->prune(later(411 * day_seconds))));
  bench.close(std::move(service));
  bench.now = 412 * day_seconds;
  CHECK(bench.faults({old}) ==
        "no head that was given vouches for a line that is there: all are of lines that were pruned\n");
  CHECK(bench.look_at({old, bench.head(bench.now)}).held.pruned == 1);
  CHECK(bench.faults({old, bench.head(bench.now)}) == "");
}

TEST_CASE("a restore that no head vouches for excuses no end that is cut off") {
  AuditBench bench;
  bench.add(5);
  const AuditHead early = bench.head();
  bench.add(3, 10);
  const AuditHead late = bench.head(20);
  with_sqlite(bench.file, without_lines(6, 8));
  auto store = bench.visit();
  Entry entry;
  entry.audit.push_back({later(30), "root", "restore", "store", ""});
  bench.commit(*store, std::move(entry));
  bench.close(std::move(store));
  CHECK(bench.look_at({early, late}).held.lost == 1);
  CHECK(bench.faults({early, late}).find("lines were cut off, as if with a restore") == 0);
  CHECK(bench.faults({late}).find("lines were cut off, as if with a restore") == 0);
  CHECK(bench.faults({early, late, bench.head(40)}) == "");
}

TEST_SUITE_END();

}  // namespace millrace
