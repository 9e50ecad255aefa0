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

const TestScript::Answers* TestScript::answers_to(const TestCall& call) const {
  const std::vector<std::string> names = steps_around(call.step);
  const Answers* found = nullptr;
  for (const Answers& each : answers_) {
    if (each.given->action != call.action->name) continue;
    const bool of_step = !each.given->step.empty();
    if (of_step && (names.empty() || names.back() != each.given->step)) continue;
    if (found == nullptr || of_step) found = &each;  // a step's own come first
  }
  return found;
}

TestScript::Answers* TestScript::answers_to(const TestCall& call) {
  return const_cast<Answers*>(std::as_const(*this).answers_to(call));
}

std::optional<TestFault> TestScript::next_fault(const TestCall& call) {
  for (Faults& each : faults_) {
    if (each.left == 0 || !is_meant(each.given->target, call)) continue;
    if (!ahead_) --each.left;
    return each.given->fault;
  }
  return std::nullopt;
}

std::optional<TestAnswer> TestScript::take(Answers& answers, const TestCall& call) {
  const TestAnswers& given = *answers.given;
  if (!given.to_each && answers.calls >= given.answers.size()) {
    note_missing(call,
                 call.action->name + " was called more often than the " + counted(given.answers.size(), "answer") +
                     " given to it (by step \"" + call.step + "\"): add one, or give one answer that is no list",
                 given.at);
    return std::nullopt;
  }
  const TestAnswer& next = given.answers[given.to_each ? 0 : answers.calls];
  if (!ahead_) ++answers.calls;
  return next;
}

std::optional<TestAnswer> TestScript::next(const TestCall& call) {
  if (auto fault = next_fault(call)) return TestAnswer{std::move(fault), {}};
  if (Answers* answers = answers_to(call)) return take(*answers, call);
  note_missing(call,
               "step \"" + call.step + "\" calls " + call.action->name +
                   ", and the test has no answer to it: " + how_to_answer(*call.action),
               test_.at);
  return std::nullopt;
}

bool TestScript::fails_outright(const TestCall& call) const {
  for (const Faults& each : faults_) {
    if (each.left > 0 && is_meant(each.given->target, call)) return false;
  }
  const Answers* answers = answers_to(call);
  if (answers == nullptr || (!answers->given->to_each && answers->calls >= answers->given->answers.size()))
    return false;
  const TestAnswer& next = answers->given->answers[answers->given->to_each ? 0 : answers->calls];
  return next.fault && next.fault->kind == TestFault::Kind::failure;
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
void TestScript::note_missing(const TestCall&, std::string message, const SourceMark& at) {
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
