#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "catalog/catalog.hpp"
#include "value/value.hpp"
#include "workflow/expected.hpp"
#include "workflow/list.hpp"
#include "workflow/model.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// What a call is met with in place of an answer.
struct TestFault {
  enum class Kind : std::uint8_t {
    status,       ///< the far side answers with an HTTP status that refuses
    unreachable,  ///< nobody is there: nothing was sent
    lost,         ///< the request left, and no answer came
    timeout,      ///< no answer came in the time that a request may take
    failure,      ///< the action failed so; a recording knows no more
  };
  Kind kind = Kind::status;
  int status = 0;
  Error failure = {};
};

/// What one call of an action is met with.
struct TestAnswer {
  std::optional<TestFault> fault;  ///< in place of the value
  Value value;                     ///< the action's output
};

/// The answers to an action, wherever it is called, or to that of one step.
struct TestAnswers {
  std::string key;       ///< as written: the action's name, or the step's id
  std::string action;    ///< its full name
  std::string step;      ///< the step's id; empty: every step's
  bool to_each = false;  ///< one answer, which is given to each call; else one after the other
  std::vector<TestAnswer> answers;
  SourceMark at;
};

/// Faults that come before the answers.
struct TestFaults {
  std::string text;    ///< as written
  std::string target;  ///< an action, a step's id, a connection or a plugin
  TestFault fault;
  int times = 1;
  SourceMark at;
};

/// What people say to what the run asks them.
struct TestApproval {
  std::string step;  ///< its id; empty: every step's
  bool yes = false;
  SourceMark at;
};

/// One test: from an event to what is expected.
struct WorkflowTest {
  std::string name;
  SourceMark at;
  std::optional<Value> event;  ///< nothing: the trigger's example
  Value delivery;              ///< as somebody says it (told_facts), or null
  std::string location;        ///< empty: the first of the workflow's
  Timestamp now = {};
  std::vector<TestAnswers> answers;
  std::vector<TestFaults> faults;
  std::vector<TestApproval> approvals;
  std::vector<WorkflowTest> before;  ///< earlier runs, which plugins remember; nothing is expected of them
  std::vector<std::pair<std::string, std::string>> files;  ///< path below the project's folder, and content
  /// A mapping of `outcome` (which is always there), `error`, `steps`, `changes`, `output`, `files`; what of them may
  /// be written in short is written out.
  Expected expect;
};

/// A file NAME.test.yaml, understood.
struct TestFile {
  std::string workflow;  ///< the id
  WorkflowFile workflow_file;
  std::vector<WorkflowTest> tests;
};

/// As of a workflow: everything wrong at once. Never run one with an error among its findings.
struct LoadedTestFile {
  std::optional<TestFile> file;
  std::shared_ptr<const Workflow> workflow;  ///< that it tests; nullptr where it has errors, which are its own findings
  std::vector<Finding> findings;
};

/// Reads and checks a test file, and the workflow beside it. `project` may be nullptr where there is none.
LoadedTestFile load_test_file(const WorkflowFile& file, const Catalog& catalog, const Project* project);
/// The same of a text that need not be in the file.
LoadedTestFile load_test_file(const WorkflowFile& file, std::shared_ptr<const SourceText> text, const Catalog& catalog,
                              const Project* project);

}  // namespace millrace
