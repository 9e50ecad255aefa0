#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "workflow/test_file.hpp"

namespace millrace {

/// Something that makes a test fail, with the place in its file.
struct TestProblem {
  SourceMark at;
  std::string message;
};

/// A call of an action to a far side, or of a plugin's library.
struct TestCall {
  const Action* action = nullptr;
  std::string step;  ///< as people know it: "removed[3]/highlevel.location_tags.delete"
  std::string connection;
};

/// What a test has far sides answer, as it is used up. Knows afterwards what was asked for and not given, and what was
/// given and not asked for.
class TestScript {
 public:
  /// REQUIRES: all of it outlives the script.
  TestScript(const WorkflowTest& test, const Workflow& workflow, const Catalog& catalog);

  /// What the next attempt of the call meets; nothing, and a problem is noted, where the test does not say.
  std::optional<TestAnswer> next(const TestCall& call);
  /// The same for a call that goes well where nothing is said.
  std::optional<TestFault> next_fault(const TestCall& call);
  /// How the next attempt fails without any request, as a recording has it; nothing, and nothing is used up, where it
  /// does not.
  std::optional<Error> next_failure(const TestCall& call);
  /// The answer to a library's own action, taken as a whole; nothing: the library is to do it.
  std::optional<TestAnswer> next_of_library(const TestCall& call);
  /// What people say to the question of a step.
  std::optional<bool> approval(const std::string& step);

  /// While a question is prepared a dry run looks ahead: it is answered, and uses nothing up.
  void look_ahead(bool ahead) noexcept { ahead_ = ahead; }

  /// What was not given, in the order of the calls, then what nobody asked for.
  std::vector<TestProblem> problems() const;

 private:
  struct Answers {
    const TestAnswers* given;
    std::size_t calls = 0;
  };
  struct Faults {
    const TestFaults* given;
    int left;
  };

  Faults* due_fault(const TestCall& call);
  /// The answer that is next; nullptr where all are used up.
  static const TestAnswer* due_in(const Answers& answers);
  std::optional<TestAnswer> take(Answers& answers, const TestCall& call);
  Answers* answers_to(const TestCall& call);
  bool is_meant(const std::string& target, const TestCall& call) const;
  void note_missing(std::string message, const SourceMark& at);

  const WorkflowTest& test_;
  const Catalog& catalog_;
  std::map<std::string, std::string> actions_;  // of steps, by id
  std::vector<Answers> answers_;
  std::vector<Faults> faults_;
  std::vector<std::size_t> approved_;  // how often each was asked
  std::vector<TestProblem> missing_;
  bool ahead_ = false;
};

}  // namespace millrace
