#include "journal/audit.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "journal/audit_bench.hpp"
#include "journal/audit_chain.hpp"

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

TEST_CASE("lines have numbers without gaps, whoever writes them, and nothing is wrong with them") {
  AuditBench bench;
  bench.add(3);
  auto service = bench.serve();
  Entry entry;
  for (int each = 0; each < 2; ++each) entry.audit.push_back({later(9), "bob", "resume", "w", ""});
  bench.commit(*service, std::move(entry));
  bench.close(std::move(service));
  bench.add(1);
  const AuditReport report = bench.look_at();
  CHECK(report.faults.empty());
  CHECK(report.lines == 6);
  CHECK(report.first == 1);
  CHECK(report.head.number == 6);
  CHECK(report.head.hash == bench.head().hash);
  std::string numbers;
  REQUIRE(each_audit_line(
      bench.file, {}, [&](const AuditEntry& each) { numbers += std::to_string(each.number) + each.line.who + " "; }));
  CHECK(numbers == "1ada 2ada 3ada 4bob 5bob 6ada ");
}

TEST_CASE("a refused entry leaves no line and no gap") {
  AuditBench bench;
  bench.add(2);
  auto store = bench.visit();
  Entry entry;
  entry.states.push_back({"tags", "link", 1, Value(7)});
  entry.audit.push_back({later(5), "ada", "pause", "w", ""});
  CHECK(ask(bench.loop, store->journal().commit(std::move(entry))).error().code == ErrorCode::conflict);
  bench.close(std::move(store));
  bench.add(1);
  CHECK(bench.faults() == "");
  CHECK(bench.head().number == 3);
}

TEST_CASE("a change of any field of any line is found, and told once") {
  for (const char* change : {"at = at + 1", "who = 'eve'", "what = 'resume'", "about = 'x'", "detail = ''", "id = 100",
                             "who = 'adap', what = 'ause'", "about = about || detail, detail = ''"}) {
    for (const int line : {1, 3, 6}) {
      CAPTURE(change);
      CAPTURE(line);
      AuditBench bench;
      bench.add(6);
      with_sqlite(bench.file, "UPDATE audit SET " + std::string(change) + " WHERE id = " + std::to_string(line));
      const AuditReport report = bench.look_at();
      CHECK(report.faults.size() >= 1);
      CHECK(report.faults.size() <= 3);
    }
  }
}

TEST_CASE("any lines taken out are found, wherever they are") {
  const int lines = 8;
  for (int first = 1; first <= lines; ++first) {
    for (int last = first; last < lines; ++last) {  // a cut end is another matter
      CAPTURE(first);
      CAPTURE(last);
      AuditBench bench;
      bench.add(lines);
      with_sqlite(bench.file, without_lines(first, last));
      CHECK(bench.faults() != "");
    }
  }
}

TEST_CASE("any line put in, swapped or repeated is found, wherever it is") {
  const int lines = 8;
  for (int first = 1; first <= lines; ++first) {
    CAPTURE(first);
    AuditBench bench;
    bench.add(lines);
    const std::string row = std::to_string(first), next = std::to_string(first % lines + 1);
    SUBCASE("a line alone, its hash left") { with_sqlite(bench.file, "DELETE FROM audit WHERE id = " + row); }
    SUBCASE("its hash alone") { with_sqlite(bench.file, "DELETE FROM audit_chain WHERE number = " + row); }
    SUBCASE("put in behind all") {
      with_sqlite(bench.file, "INSERT INTO audit(at, who, what, about, detail) VALUES(1, 'eve', 'x', 'y', '')");
    }
    SUBCASE("repeated at the end with its hash") {
      with_sqlite(bench.file,
                  "INSERT INTO audit SELECT 9, at, who, what, about, detail, sum FROM audit WHERE id = " + row +
                      "; INSERT INTO audit_chain SELECT 9, hash FROM audit_chain WHERE number = " + row);
    }
    SUBCASE("swapped with the next one, and with their hashes") {
      for (const char* table : {"audit", "audit_chain"}) {
        const std::string key = std::string(table) == "audit" ? "id" : "number",
                          update = "UPDATE " + std::string(table) + " SET " + key + " = ";
        with_sqlite(bench.file, update + "99 WHERE " + key + " = " + row + ";" + update + row + " WHERE " + key +
                                    " = " + next + ";" + update + next + " WHERE " + key + " = 99");
      }
    }
    CHECK(bench.faults() != "");
  }
}

TEST_CASE("what is damaged is found before and behind it, and the next line goes on") {
  AuditBench bench;
  bench.add(4);
  with_sqlite(bench.file, "UPDATE audit SET who = 'eve' WHERE id = 2");
  bench.add(2);
  CHECK(bench.faults() == "line 2 is not what was written, or not in its place\n");
  const auto findings = examine_store(bench.file);
  CHECK(std::any_of(findings.begin(), findings.end(), [](const StoreFinding& finding) {
    return finding.fatal && finding.message.find("the audit was changed: line 2") == 0;
  }));
  with_sqlite(bench.file, "DELETE FROM audit_chain WHERE number = 6");
  bench.add(2);
  CHECK(bench.look_at().faults.size() >= 2);
  CHECK(bench.head().number == 8);
}

TEST_CASE("an end that is cut off is found by who held a head, and by nobody else") {
  AuditBench bench;
  bench.add(5);
  const AuditHead held = bench.head();
  bench.add(2);
  CHECK(bench.look_at({held}).held.up_to == 5);
  with_sqlite(bench.file, without_lines(4, 7));
  CHECK(bench.faults() == "");
  CHECK(bench.faults({held}).find("the lines 4 to 5 were there at") == 0);
  bench.add(6);
  CHECK(bench.faults() == "");
  CHECK(bench.faults({held}).find("up to line 5 something is not what it was at") == 0);
}

TEST_CASE("a chain made anew from a line on is found by who held a head behind it") {
  AuditBench bench;
  bench.add(5);
  const AuditHead early = bench.head();
  bench.add(2);
  const AuditHead late = bench.head();
  with_sqlite(bench.file, without_lines(6, 7));
  bench.add(2, 500);
  CHECK(bench.faults() == "");
  CHECK(bench.faults({early}) == "");
  CHECK(bench.faults({late, early}).find("up to line 7 something") == 0);
}

TEST_CASE("a head is read as it is written, and nothing else is one") {
  AuditBench bench;
  bench.add(2);
  const AuditHead head = bench.head();
  const auto read = parse_audit_head(encode(head) + "\n");
  REQUIRE(read);
  CHECK(encode(*read) == encode(head));
  CHECK(bench.look_at({*read}).held.agreeing == 1);
  const std::string text = encode(head);
  for (std::size_t cut = 0; cut < text.size() - 25; ++cut) CHECK_FALSE(parse_audit_head(text.substr(0, cut)));
  CHECK_FALSE(parse_audit_head("millrace-audit-head 0 0 0 00 2026-01-01T00:00:00Z"));
}

TEST_CASE("heads of another store, and of a time that this one has not come to, are told") {
  AuditBench bench, other;
  bench.add(3);
  other.add(3);
  CHECK(bench.faults({other.head()}).find("is of another store") != std::string::npos);
  AuditHead future = bench.head();
  future.epoch = 5'000'000'000;
  CHECK(bench.faults({future}).find("has not come to") != std::string::npos);
  AuditHead odd = bench.head();
  odd.number = -4;
  CHECK(bench.faults({odd}) != "");
}

TEST_CASE("a restore begins an epoch, and the heads of what it put aside are lost, not faults") {
  AuditBench bench;
  bench.add(3);
  const AuditHead before = bench.head();
  auto store = bench.visit();
  const auto copy = bench.folder.path() / "copy.db";
  REQUIRE(ask(bench.loop, store->backup(copy)));
  bench.close(std::move(store));
  bench.add(4);
  const AuditHead aside = bench.head();
  std::filesystem::remove_all(bench.file.parent_path());
  REQUIRE(restore_store(copy, bench.file, later(200)));
  bench.add(6);
  const AuditHead after = bench.head();
  CHECK(after.epoch == later(200).seconds);
  const AuditReport report = bench.look_at({before, aside, after});
  CHECK(report.faults.empty());
  CHECK(report.held.agreeing == 2);
  CHECK(report.held.lost == 1);
  CHECK(report.held.last_lost == aside.at);
  std::string what;
  REQUIRE(each_audit_line(bench.file, {.what = "restore"},
                          [&](const AuditEntry& each) { what = each.line.about + " " + each.line.detail; }));
  CHECK(what == "store from copy.db");
  // A file put back by hand is no restore.
  std::filesystem::remove_all(bench.file.parent_path());
  std::filesystem::create_directories(bench.file.parent_path());
  std::filesystem::copy_file(copy, bench.file);
  CHECK(bench.faults({after}).find("an earlier state was put in its place") != std::string::npos);
}

TEST_CASE("what is pruned leaves a chain that begins where the newest line about that says") {
  AuditBench bench;
  bench.add(5);
  bench.add(5, 12 * day_seconds);
  const AuditHead held = bench.head(411 * day_seconds);
  bench.now = 412 * day_seconds;
  auto service = bench.serve();
  REQUIRE(ask(bench.loop, service->prune(later(411 * day_seconds))));
  REQUIRE(ask(bench.loop, service->prune(later(411 * day_seconds))));
  bench.close(std::move(service));
  const AuditReport report = bench.look_at({held});
  CHECK(report.faults.empty());
  CHECK(report.first == 6);
  CHECK(report.lines == 6);
  CHECK(report.held.up_to == 10);
  SUBCASE("more is taken than was said") {
    with_sqlite(bench.file, "DELETE FROM audit WHERE id = 6; DELETE FROM audit_chain WHERE number < 6");
  }
  SUBCASE("another beginning is made") {
    with_sqlite(bench.file, "UPDATE audit_chain SET hash = zeroblob(32) WHERE number = 5");
  }
  SUBCASE("the line about it is taken out") { with_sqlite(bench.file, without_lines(11, 11)); }
  CHECK(bench.faults() != "");
}

TEST_CASE("an epoch is known also when the line that began it is pruned") {
  AuditBench bench;
  bench.add(2);
  auto store = bench.visit();
  const auto copy = bench.folder.path() / "copy.db";
  REQUIRE(ask(bench.loop, store->backup(copy)));
  bench.close(std::move(store));
  std::filesystem::remove_all(bench.file.parent_path());
  REQUIRE(restore_store(copy, bench.file, later(50)));
  bench.add(3, 410 * day_seconds);
  auto service = bench.serve();
  REQUIRE(ask(bench.loop, service->prune(later(411 * day_seconds))));
  bench.close(std::move(service));
  CHECK(bench.head().epoch == later(50).seconds);
  const AuditReport report = bench.look_at({bench.head()});
  CHECK(report.faults.empty());
  CHECK(report.held.agreeing == 1);
}

TEST_CASE("the lines of a store from before the chain are chained by the first who writes") {
  AuditBench bench;
  bench.add(4);
  with_sqlite(bench.file, "DROP TABLE audit_chain; DELETE FROM audit WHERE id = 2; PRAGMA user_version = 3");
  CHECK(verify_audit(bench.file, {}, later(0)).error().code == ErrorCode::not_found);
  bench.add(2);
  CHECK(bench.faults() == "");
  CHECK(bench.look_at().lines == 5);
  CHECK(bench.head().number == 5);
}

TEST_CASE("what is asked for is listed, the oldest first, and of many the newest") {
  AuditBench bench;
  bench.add(5);
  const auto listed = [&](const AuditFilter& filter) {
    std::string text;
    REQUIRE(each_audit_line(bench.file, filter,
                            [&](const AuditEntry& each) { text += std::to_string(each.number) + " "; }));
    return text;
  };
  CHECK(listed({.limit = 2}) == "4 5 ");
  CHECK(listed({.about = "w3"}) == "4 ");
  CHECK(listed({.who = "eve"}) == "");
  CHECK(listed({.what = "pause", .since = later(3)}) == "4 5 ");
  CHECK(listed({.since = later(1), .before = later(3)}) == "2 3 ");
  std::filesystem::remove_all(bench.file.parent_path());
  CHECK(listed({}) == "");
  CHECK(verify_audit(bench.file, {}, later(0)).error().code == ErrorCode::not_found);
}

TEST_CASE("no two lines make the same hash by where their fields end") {
  std::set<std::string> hashes;
  hashes.insert(audit_hash("", 1, 1, "ab", "c", "", ""));
  hashes.insert(audit_hash("", 1, 1, "a", "bc", "", ""));
  hashes.insert(audit_hash("", 1, 1, "", "abc", "", ""));
  hashes.insert(audit_hash("", 1, 1, "", "", "abc", ""));
  hashes.insert(audit_hash("abc", 1, 1, "", "", "", ""));
  hashes.insert(audit_hash("", 1, 2, "ab", "c", "", ""));
  hashes.insert(audit_hash("", 2, 1, "ab", "c", "", ""));
  CHECK(hashes.size() == 7);
}

TEST_CASE("a signed head says who wrote it, in one line") {
  AuditHead head{7, 0, 3, std::string(32, 'h'), later(5)};
  CHECK(parse_audit_head(encode(head))->signature.empty());
  sign(head, std::string(32, 's'));
  const auto read = parse_audit_head(encode(head) + "\n");
  REQUIRE(read);
  CHECK(read->key == head.key);
  CHECK(read->signature == head.signature);
  CHECK(encode(*read) == encode(head));
  std::string other = encode(head);
  other.replace(other.find(" 3 "), 3, " 4 ");
  CHECK(parse_audit_head(other).error().message.starts_with("this head of an audit is not what its signer wrote"));
  CHECK_FALSE(parse_audit_head(encode(head).substr(0, encode(head).rfind(' '))));
}

TEST_CASE("a head is believed by its key, and where keys are named only so") {
  AuditBench bench;
  bench.add(4);
  AuditHead head = bench.look_at().head, own = head, strange = head;
  sign(own, std::string(32, 'a'));
  sign(strange, std::string(32, 'b'));
  const auto look = [&](const AuditHead& held, const HeadKeys& keys) {
    const auto report = verify_audit(bench.file, {held}, later(1000), keys);
    REQUIRE(report);
    return report->faults.empty() ? std::to_string(report->held.agreeing) + " " + std::to_string(report->held.vouched)
                                  : report->faults.front();
  };
  CHECK(look(own, {}) == "1 0");
  CHECK(look(own, {{own.key}, false}) == "1 1");
  CHECK(look(head, {{own.key}, false}) == "1 0");
  CHECK(look(head, {{own.key}, true}).find("is signed by nobody") != std::string::npos);
  CHECK(look(strange, {{own.key}, false}).find("is signed by another key") != std::string::npos);
  CHECK(look(strange, {{own.key, strange.key}, true}) == "1 1");
}

TEST_SUITE_END();

}  // namespace millrace
