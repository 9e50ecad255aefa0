#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "decider/decide.hpp"
#include "decider/event_bytes.hpp"
#include "value/json.hpp"
#include "value/time.hpp"
#include "workflow/load.hpp"

namespace millrace::test {

inline Result<Value> success(const std::string& json = "null") {
  auto value = parse_marked_json(json);
  REQUIRE(value);
  return std::move(*value);
}

inline Result<Value> failure(const std::string& message, ErrorCode code = ErrorCode::unavailable) {
  return Error{code, message};
}

/// A workflow under the decider alone: actions answer from a script, the clock is moved by hand, and `trace` tells what
/// was done.
class Bench {
 public:
  /// `yaml` is a workflow file without its `version` and `name`, indented as the test likes.
  explicit Bench(const std::string& yaml) : catalog_(Catalog::load(std::string(TEST_DATA) + "/data/plugins", "")) {
    for (const auto& problem : catalog_.problems()) FAIL(problem.error.message);
    const std::size_t indent = yaml.find_first_not_of(" \n") - yaml.rfind('\n', yaml.find_first_not_of(" \n")) - 1;
    std::string text = "version: 1\nname: Bench\ntriggers:\n  - manual\n";
    for (std::size_t at = 0; at < yaml.size();) {
      const std::size_t end = std::min(yaml.find('\n', at), yaml.size());
      const std::string line = yaml.substr(at, end - at);
      text += (line.size() > indent && line.substr(0, indent).find_first_not_of(' ') == std::string::npos
                   ? line.substr(indent)
                   : line) +
              "\n";
      at = end + 1;
    }
    LoadedWorkflow loaded = load_workflow(std::make_shared<const SourceText>(SourceText{"bench.yaml", text}), catalog_);
    for (const Finding& finding : loaded.findings) MESSAGE(render(finding));
    REQUIRE(loaded.workflow);
    workflow_ = std::make_shared<const Workflow>(std::move(*loaded.workflow));
  }

  /// The answers of an action, one a call; the last one is given again and again. An action without answers never ends.
  void answer(const std::string& action, std::vector<Result<Value>> answers) {
    answers_[action].assign(answers.begin(), answers.end());
  }

  void start(const std::string& event = "{}") {
    const Value run = Value::object({{"id", "run"}, {"workflow", "bench"}, {"location", ""}});
    record(start_event(*success(event), run, now_, Value::object({{"date", "2026-03-01"}})));
    carry_on();
  }

  void advance(Duration by) {
    now_ = *add(now_, by);
    carry_on();
  }

  /// Ends an action that has no answers, by its label.
  void end(const std::string& label, Result<Value> outcome) {
    for (auto waiting = waiting_.begin(); waiting != waiting_.end(); ++waiting) {
      if (label_of(*workflow_, *waiting) != label) continue;
      const StepPath path = *waiting;
      waiting_.erase(waiting);
      record(step_outcome(path, std::move(outcome), now_));
      return carry_on();
    }
    FAIL("nothing is waiting under the label ", label);
  }

  /// What people are told with a question, as JSON; nothing: that takes its time.
  void prepare(std::optional<std::string> facts) { facts_ = std::move(facts); }

  /// What a person says to the question that the run asks.
  void agree(bool yes = true) {
    const auto asking = waiting_for_approval(*workflow_, state_);
    REQUIRE(asking);
    record(approval(*asking, yes, "Ada", "", now_));
    carry_on();
  }

  void cancel() {
    record(cancellation("called off by hand", now_));
    carry_on();
  }

  /// A person has it go on where it failed.
  void retry() { go_on(reopening({}, now_)); }
  /// A connection that something waited for can be used again.
  void connect() { go_on(reopening_connected(now_)); }
  /// A person says whether the unsure step of that label happened.
  void resolve(const std::string& label, bool happened) {
    for (const StepPath& path : unsure_steps(*workflow_, state_)) {
      if (label_of(*workflow_, path) == label) return go_on(resolution(path, happened, Value(), "Ada", now_));
    }
    FAIL("nothing is unsure under the label ", label);
  }
  std::string why_not_reopened() const { return millrace::why_not_reopened(state_); }

  std::string trace() { return std::exchange(trace_, ""); }
  std::string outcome() const { return std::string(name_of(state_.outcome)); }
  std::string error() const { return state_.failure ? state_.failure->message : ""; }
  std::string result(const std::string& name) const {
    const Value* value = state_.names.find(name);
    return value == nullptr ? "nothing" : encode_json(*value);
  }
  std::optional<Timestamp> wake_at() const { return wake_at_; }
  std::size_t waiting() const { return waiting_.size(); }
  /// The bytes of what one decision made, at most.
  std::size_t largest_decision() const { return largest_decision_; }
  /// How often it was decided.
  int decisions() const { return decisions_; }

  /// The state that a restart would find: the fold of all events.
  RunState folded() const {
    RunState state;
    for (const RunEvent& event : events_) fold(*workflow_, state, event);
    return state;
  }
  const RunState& state() const { return state_; }

 private:
  void go_on(RunEvent event) {
    record(std::move(event));
    told_ = false;
    carry_on();
  }

  void record(RunEvent event) {
    fold(*workflow_, state_, event);
    events_.push_back(std::move(event));
  }

  void carry_on() {
    while (!state_.finished()) {
      Decision next = decide(*workflow_, catalog_, state_, now_);
      ++decisions_;
      std::size_t made = 0;
      for (const RunEvent& event : next.events) made += bytes_of(event);
      largest_decision_ = std::max(largest_decision_, made);
      for (RunEvent& event : next.events) events_.push_back(std::move(event));
      wake_at_ = next.wake_at;
      bool answered = next.goes_on || (wake_at_ && !(now_ < *wake_at_));
      for (const Command& command : next.commands) answered = obey(command) || answered;
      if (!answered) break;
    }
    if (state_.finished() && !told_) {
      told_ = true;
      trace_ += stamp() + "run " + outcome() + (error().empty() ? "" : ": " + error()) + "\n";
    }
  }

  bool obey(const Command& command) {
    if (command.type == Command::Type::cancel) return cancel_below(command.path);
    if (command.type == Command::Type::wait || command.type == Command::Type::ask) return false;  // the clock is ours
    if (command.type == Command::Type::prepare) {
      if (!facts_) return false;
      record(question_prepared(command.path, *success(*facts_), now_));
      return true;
    }
    const std::string label = label_of(*workflow_, command.path);
    trace_ += stamp() + label + " " + encode_json(command.input) + "\n";
    auto& answers = answers_[command.step->action];
    if (answers.empty()) {
      waiting_.push_back(command.path);
      return false;
    }
    Result<Value> outcome = answers.front();
    if (answers.size() > 1) answers.pop_front();
    record(step_outcome(command.path, std::move(outcome), now_));
    return true;
  }

  bool cancel_below(const StepPath& prefix) {
    bool any = false;
    for (std::size_t i = 0; i < waiting_.size();) {
      const StepPath path = waiting_[i];
      if (path.size() < prefix.size() || !std::equal(prefix.begin(), prefix.end(), path.begin())) {
        ++i;
        continue;
      }
      waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
      trace_ += stamp() + label_of(*workflow_, path) + " cancelled\n";
      record(step_outcome(path, Error{ErrorCode::cancelled, "called off"}, now_));
      any = true;
    }
    return any;
  }

  std::string stamp() const { return std::to_string(now_.seconds - start_.seconds) + "s "; }

  Catalog catalog_;
  std::shared_ptr<const Workflow> workflow_;
  RunState state_;
  std::vector<RunEvent> events_;
  std::map<std::string, std::deque<Result<Value>>> answers_;
  std::vector<StepPath> waiting_;
  std::optional<Timestamp> wake_at_;
  Timestamp start_{1772323200, 0};
  Timestamp now_ = start_;
  std::string trace_;
  std::optional<std::string> facts_ = R"({"link":"","count":0,"changes":[],"notes":[]})";
  bool told_ = false;
  std::size_t largest_decision_ = 0;
  int decisions_ = 0;
};

}  // namespace millrace::test
