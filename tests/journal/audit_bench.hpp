#pragma once

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "journal/audit.hpp"
#include "journal/store.hpp"
#include "journal/store_bench.hpp"

namespace millrace::test {

constexpr std::int64_t day_seconds = 24 * 60 * 60;

struct AuditBench : StoreBench {
  std::int64_t now = 1000;  // when it is looked at

  void add(int count, std::int64_t from = 0) {
    auto store = visit();
    Entry entry;  // one for all: so many lines, and one flush
    for (int each = 0; each < count; ++each)
      entry.audit.push_back({later(from + each), "ada", "pause", "w" + std::to_string(each), "detail"});
    commit(*store, std::move(entry));
    close(std::move(store));
  }
  AuditReport look_at(const std::vector<AuditHead>& heads = {}) {
    auto report = verify_audit(file, heads, later(now));
    if (!report) FAIL(report.error().message);
    return std::move(*report);
  }
  std::string faults(const std::vector<AuditHead>& heads = {}) {
    std::string text;
    for (const std::string& fault : look_at(heads).faults) text += fault + "\n";
    return text;
  }
  AuditHead head(std::int64_t at = 100) {
    auto head = read_audit_head(file, later(at));
    if (!head) FAIL(head.error().message);
    return *head;
  }
};

/// Takes lines away, with their hashes, as who wants no trace.
inline std::string without_lines(int first, int last) {
  const std::string range = " BETWEEN " + std::to_string(first) + " AND " + std::to_string(last) + ";";
  return "DELETE FROM audit WHERE id" + range + "DELETE FROM audit_chain WHERE number" + range;
}

}  // namespace millrace::test
