#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "async/loop.hpp"
#include "async/simulated_time.hpp"
#include "plugin/plugin_host.hpp"
#include "rehearsal/branches.hpp"
#include "rehearsal/test_script.hpp"
#include "workflow/project.hpp"
#include "workflow/test_file.hpp"

namespace millrace {

/// How one test ended: without problems it has passed.
struct TestResult {
  std::string name;
  SourceMark at;
  std::vector<TestProblem> problems;
  Duration simulated = {};  ///< how long the run took by its own clock
  bool passed() const noexcept { return problems.empty(); }
};

/// Where the tests of a project run, one after the other. A run is the engine's own live run; only what lies around it
/// is another: far sides answer as the test says, time passes when there is nothing else to do, people's answers are
/// given beforehand, the journal is in memory, files lie in a folder that is gone afterwards. No socket is opened.
class TestBench {
 public:
  /// REQUIRES: folder, project and catalog outlive it. For as long as it lives, this thread knows no other time.
  TestBench(const std::filesystem::path& folder, const Project& project, const Catalog& catalog, PluginOptions options);
  ~TestBench();
  TestBench(const TestBench&) = delete;
  TestBench& operator=(const TestBench&) = delete;

  /// REQUIRES: neither the file nor the workflow has errors. What the run takes goes into `branches`.
  TestResult run(const WorkflowTest& test, const std::shared_ptr<const Workflow>& workflow, Branches& branches);

 private:
  struct Shared;
  /// Where the files of a test lie, which are gone afterwards. Without it no test is run.
  Result<std::filesystem::path> folder_for_files();
  Status carry_out(const WorkflowTest& test, bool last, Shared& shared);

  const std::filesystem::path& folder_;
  const Project project_;
  const Catalog& catalog_;
  std::filesystem::path scratch_;  // made when first needed
  SimulatedTime time_;
  Loop loop_;
  std::unique_ptr<PluginHost> plugins_;
};

}  // namespace millrace
