#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "rehearsal/workflow_test.hpp"

namespace millrace {

/// A test file that was run. Where it has errors nothing of it ran.
struct TestedFile {
  std::string file;
  std::string workflow;  ///< the id
  std::vector<Finding> findings;
  std::vector<TestResult> results;
  bool broken() const noexcept;
};

/// What all tests of a workflow have taken.
struct TestedWorkflow {
  std::shared_ptr<const Workflow> workflow;
  Branches branches;
};

struct TestReport {
  std::vector<TestedFile> files;
  std::vector<std::unique_ptr<TestedWorkflow>> workflows;

  std::size_t passed() const noexcept;
  std::size_t failed() const noexcept;  ///< a broken file is one
  bool good() const noexcept { return failed() == 0; }
};

/// For people: each file with its tests, and under each what is other than expected; `all_branches`: with the branches
/// that no test takes, else only how many there are.
std::string render_tests(const TestReport& report, bool all_branches);
/// For programs.
Value encode_tests(const TestReport& report);
/// For those who gather tests: JUnit's XML.
std::string render_junit(const TestReport& report);

}  // namespace millrace
