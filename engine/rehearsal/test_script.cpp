#include "rehearsal/test_script.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

constexpr std::size_t longest_example = 240;

/// The names in "removed[3]/highlevel.location_tags.delete", from outside to inside.
std::vector<std::string> steps_around(const std::string& label) {
  std::vector<std::string> names = split(label, '/');
  for (std::string& name : names) name = name.substr(0, name.find('['));
  return names;
}

/// What to write, with the action's own example where it has one that is short.
std::string how_to_answer(const Action& action) {
  const std::string example = action.examples.empty() ? "" : encode_json(action.examples.front().output);
  const bool short_enough = !example.empty() && example.size() <= longest_example;
  return "add to answers:  " + action.name + ": " + (short_enough ? example : "{...}");
}

}  // namespace

TestScript::TestScript(const WorkflowTest& test, const Workflow& workflow, const Catalog& catalog)
    : test_(test), catalog_(catalog), approved_(test.approvals.size(), 0) {
  each_step(workflow, [this](const Step& step) {
    const auto* action = std::get_if<ActionStep>(&step.what);
    if (action != nullptr && !step.id.empty()) actions_.emplace(step.id, action->action);
  });
  for (const TestAnswers& each : test.answers) answers_.push_back({&each});
  for (const TestFaults& each : test.faults) faults_.push_back({&each, each.times});
}

/// A target names the action, the connection or a plugin, or a step around it; of a step what it does counts, too, so
/// that a job is meant by its own name.
bool TestScript::is_meant(const std::string& target, const TestCall& call) const {
  const auto is_of = [this, &target](const std::string& name) {
    const Action* action = catalog_.find_action(name);
    return name == target || (action != nullptr && action->plugin == target);
  };
  if (call.connection == target || is_of(call.action->name)) return true;
  const std::vector<std::string> names = steps_around(call.step);
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    const auto action = actions_.find(name);
    return is_of(name) || (action != actions_.end() && is_of(action->second));
  });
}

TestScript::Answers* TestScript::answers_to(const TestCall& call) {
  const std::vector<std::string> names = steps_around(call.step);
  Answers* found = nullptr;
  for (Answers& each : answers_) {
    if (each.given->action != call.action->name) continue;
    const bool of_step = !each.given->step.empty();
    if (of_step && (names.empty() || names.back() != each.given->step)) continue;
    if (found == nullptr || of_step) found = &each;  // a step's own come first
  }
  return found;
}

TestScript::Faults* TestScript::due_fault(const TestCall& call) {
  const auto due = std::find_if(faults_.begin(), faults_.end(), [&](const Faults& each) {
    return each.left > 0 && is_meant(each.given->target, call);
  });
  return due == faults_.end() ? nullptr : &*due;
}

const TestAnswer* TestScript::due_in(const Answers& answers) {
  const TestAnswers& given = *answers.given;
  if (given.to_each) return &given.answers.front();
  return answers.calls < given.answers.size() ? &given.answers[answers.calls] : nullptr;
}

std::optional<TestFault> TestScript::next_fault(const TestCall& call) {
  Faults* due = due_fault(call);
  if (due == nullptr) return std::nullopt;
  if (!ahead_) --due->left;
  return due->given->fault;
}

std::optional<TestAnswer> TestScript::take(Answers& answers, const TestCall& call) {
  const TestAnswers& given = *answers.given;
  const TestAnswer* due = due_in(answers);
  if (due == nullptr) {
    note_missing(call.action->name + " was called more often than the " + counted(given.answers.size(), "answer") +
                     " given to it (by step \"" + call.step + "\"): add one, or give one answer that is no list",
                 given.at);
    return std::nullopt;
  }
  if (!ahead_) ++answers.calls;
  return *due;
}

std::optional<TestAnswer> TestScript::next(const TestCall& call) {
  if (auto fault = next_fault(call)) return TestAnswer{std::move(fault), {}};
  if (Answers* answers = answers_to(call)) return take(*answers, call);
  note_missing("step \"" + call.step + "\" calls " + call.action->name +
                   ", and the test has no answer to it: " + how_to_answer(*call.action),
               test_.at);
  return std::nullopt;
}

std::optional<Error> TestScript::next_failure(const TestCall& call) {
  if (due_fault(call) != nullptr) return std::nullopt;
  Answers* answers = answers_to(call);
  const TestAnswer* due = answers != nullptr ? due_in(*answers) : nullptr;
  if (due == nullptr || !due->fault || due->fault->kind != TestFault::Kind::failure) return std::nullopt;
  return take(*answers, call)->fault->failure;
}

std::optional<TestAnswer> TestScript::next_of_library(const TestCall& call) {
  Answers* answers = answers_to(call);
  if (answers == nullptr) return std::nullopt;
  return take(*answers, call);
}

std::optional<bool> TestScript::approval(const std::string& step) {
  const std::vector<std::string> names = steps_around(step);
  for (const bool own : {true, false}) {
    for (std::size_t i = 0; i < test_.approvals.size(); ++i) {
      const TestApproval& each = test_.approvals[i];
      if (own ? names.empty() || each.step != names.back() : !each.step.empty()) continue;
      ++approved_[i];
      return each.yes;
    }
  }
  return std::nullopt;
}

/// Once: what is tried again was not given before either.
void TestScript::note_missing(std::string message, const SourceMark& at) {
  const auto same = [&message](const TestProblem& one) { return one.message == message; };
  if (ahead_ || std::any_of(missing_.begin(), missing_.end(), same)) return;
  missing_.push_back({at, std::move(message)});
}

std::vector<TestProblem> TestScript::problems() const {
  std::vector<TestProblem> all = missing_;
  for (const Answers& each : answers_) {
    const std::size_t given = each.given->answers.size();
    if (each.calls == 0) {
      all.push_back(
          {each.given->at, "nothing called \"" + each.given->key + "\", so its answer was not used: leave it out"});
    } else if (!each.given->to_each && each.calls < given) {
      all.push_back({each.given->at, "\"" + each.given->key + "\" was called " + counted(each.calls, "time") +
                                         ", and " + counted(given, "answer") +
                                         " are given: leave out what is not used"});
    }
  }
  for (const Faults& each : faults_) {
    if (each.left == 0) continue;
    all.push_back({each.given->at, "\"" + each.given->text + "\" was met by " +
                                       counted(static_cast<std::size_t>(each.given->times - each.left), "request") +
                                       " alone: nothing else was asked of it"});
  }
  for (std::size_t i = 0; i < approved_.size(); ++i) {
    if (approved_[i] == 0) all.push_back({test_.approvals[i].at, "nothing asked for this approval"});
  }
  return all;
}

}  // namespace millrace
