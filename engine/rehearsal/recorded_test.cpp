#include "rehearsal/recorded_test.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "decider/run_state.hpp"
#include "decider/story.hpp"
#include "secret/redacted.hpp"
#include "trigger/delivery_facts.hpp"
#include "value/json.hpp"
#include "value/list_of.hpp"
#include "value/time.hpp"
#include "yaml/quotes.hpp"
#include "yaml/yaml.hpp"

namespace millrace {

namespace {

constexpr std::size_t longest_line = 100;

/// Letters, digits and a few signs, with a letter at the beginning: nothing that YAML, or a test file, takes for
/// something else. `more`: what is plain there beside them.
bool is_plain(std::string_view text, std::string_view more) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  static const std::vector<std::string_view> words = {"any", "example", "true", "false", "null",
                                                      "yes", "no",      "on",   "off"};
  const std::string plain = std::string(letters) + "0123456789_.-/" + std::string(more);
  return !text.empty() && text.find_first_not_of(plain) == std::string_view::npos &&
         letters.find(text.front()) != std::string_view::npos && text.back() != ' ' &&
         std::find(words.begin(), words.end(), lower(text)) == words.end();
}

/// Brackets, each of which belongs to one that follows it.
bool are_closed(std::string_view text) {
  int open = 0;
  for (const char c : text) {
    if (c == '[') ++open;
    if (c == ']' && --open < 0) return false;
  }
  return open == 0;
}

/// Plain words need no quotes.
std::string scalar(const Value& value) {
  if (!value.is_text()) return encode_json(value);
  return is_plain(value.text(), " ") ? value.text() : in_double_quotes(value.text());
}

std::string key_text(const Value& key) {
  const std::string text = key.is_text() ? key.text() : encode_json(key);
  return is_plain(text, "[]") && are_closed(text) ? text : in_double_quotes(text);
}

std::string flow(const Value& value) {
  std::string text;
  if (value.is_list()) {
    for (const Value& item : value.list()) text += (text.empty() ? "" : ", ") + flow(item);
    return "[" + text + "]";
  }
  if (!value.is_map()) return scalar(value);
  for (const auto& [key, member] : value.map())
    text += (text.empty() ? "" : ", ") + key_text(key) + ": " + flow(member);
  return "{" + text + "}";
}

/// What stands behind "key:" or "-" at this indentation: on the same line where it is short.
std::string block(const Value& value, const std::string& indent) {
  const std::string line = flow(value);
  const bool many = (value.is_list() && !value.list().empty()) || (value.is_map() && !value.map().empty());
  if (!many || line.size() + indent.size() <= longest_line) return " " + line + "\n";
  std::string text = "\n";
  if (value.is_list()) {
    for (const Value& item : value.list()) {
      const std::string inner = indent + "  ";
      std::string below = block(item, inner);
      if (item.is_map() && below.starts_with('\n')) below.replace(0, 1 + inner.size(), " ");  // behind the dash
      text += indent + "-" + below;
    }
    return text;
  }
  for (const auto& [key, member] : value.map()) text += indent + key_text(key) + ":" + block(member, indent + "  ");
  return text;
}

/// Without what has the name of a secret, whoever gave it.
Value without_proofs(const Value& value) {
  if (value.is_list()) return each_of(value, without_proofs);
  if (!value.is_map()) return value;
  Map members;
  for (const auto& [name, member] : value.map()) {
    const bool proof = name.is_text() && member.is_text() && names_a_proof(name.text());
    members.set(name, proof ? Value("(redacted)") : without_proofs(member));
  }
  return members;
}

class Recorder {
 public:
  Recorder(const StoredRun& run, const Workflow& workflow, const Catalog& catalog)
      : run_(run), workflow_(workflow), catalog_(catalog) {}

  Value test() {
    for (const RunEvent& event : run_.events) hear(event);
    Map test;
    test.set("name", "does what it did in a run of " + render(run_.head.started.value_or(Timestamp())).substr(0, 10));
    test.set("event", run_.event.payload);
    if (!run_.event.delivery.is_null()) test.set("delivery", run_.event.delivery);
    if (!run_.head.location.empty()) test.set("location", run_.head.location);
    test.set("now", render(run_.head.started.value_or(Timestamp())));
    if (const Value answers = told_answers(); !answers.map().empty()) test.set("answers", answers);
    if (!approvals_.empty()) test.set("approve", approvals_);
    if (!files_.empty()) test.set("files", files_);
    test.set("expect", expectations());
    return test;
  }

 private:
  struct Call {
    StepPath path;
    const Action* action;
    std::optional<Result<Value>> outcome = {};
  };

  void hear(const RunEvent& event) {
    if (const auto* started = std::get_if<StepStarted>(&event.what)) {
      const auto* step = std::get_if<ActionStep>(&step_at(workflow_, started->path).what);
      const Action* action = step != nullptr ? catalog_.find_action(step->action) : nullptr;
      if (action != nullptr) calls_.push_back({started->path, action});
    } else if (const auto* done = std::get_if<StepSucceeded>(&event.what)) {
      end(done->path, done->output);
    } else if (const auto* failed = std::get_if<ActionFailed>(&event.what)) {
      end(failed->path, failed->failure);
    } else if (const auto* said = std::get_if<AnswerGiven>(&event.what)) {
      approvals_.set(last_name(said->path), said->approved ? "yes" : "no");
    } else if (const auto* made = std::get_if<ChangeMade>(&event.what)) {
      changes_.push_back(made->change);
    }
    if (const auto over = end_in(event)) outcomes_.set(label_of(workflow_, *over->path), name_of(over->status));
  }

  void end(const StepPath& path, Result<Value> outcome) {
    const auto call = std::find_if(calls_.rbegin(), calls_.rend(), [&](const Call& one) { return one.path == path; });
    if (call != calls_.rend() && !call->outcome) call->outcome = std::move(outcome);
  }

  std::string last_name(const StepPath& path) const {
    const std::string label = label_of(workflow_, path);
    return label.substr(label.rfind('/') == std::string::npos ? 0 : label.rfind('/') + 1);
  }

  /// What does its work again in the test: it asks nobody, or writes a file.
  static bool works_again(const Action& action) {
    return action.result || action.reads_file || action.mails() || (!action.request && !file_input(action).empty());
  }

  Value told_answers() {
    std::map<std::string, Value::List> by_action;
    for (const Call& call : calls_) {
      if (!call.outcome) continue;
      if (call.action->reads_file && *call.outcome) keep_file(**call.outcome);
      if (works_again(*call.action)) continue;
      if (!call.action->request) whole_.push_back(label_of(workflow_, call.path));
      by_action[call.action->name].push_back(told_outcome(*call.outcome));
    }
    Map answers;
    for (auto& [action, list] : by_action) answers.set(action, Value(std::move(list)));
    return answers;
  }

  static Value told_outcome(const Result<Value>& outcome) {
    if (outcome) return *outcome;
    const Error& error = outcome.error();
    return Value::object({{"fail", Value::object({{"code", name_of(error.code)}, {"message", error.message}})}});
  }

  void keep_file(const Value& read) {
    const Value* content = read.find("content");
    if (content == nullptr) return;
    files_.set(read.text_or("file"), content->is_text() ? content->text() : encode_json(*content));
  }

  Value expectations() const {
    Map expect;
    expect.set("outcome", name_of(run_.head.outcome));
    for (const RunEvent& event : run_.events) {
      const auto* finished = std::get_if<RunFinished>(&event.what);
      if (finished != nullptr && finished->failure) expect.set("error", failure_value(*finished->failure));
    }
    if (!outcomes_.empty()) expect.set("steps", outcomes_);
    Value::List changes;
    for (const Value& change : changes_) {
      const std::string step = change.text_or("step");
      if (std::find(whole_.begin(), whole_.end(), step) != whole_.end()) continue;
      Map line;
      for (const char* name : {"action", "target", "summary"}) line.set(name, *change.find(name));
      const Value* request = change.find("request");
      const Value* body = request != nullptr ? request->find("body") : nullptr;
      if (body != nullptr && !body->is_null()) line.set("request", Value::object({{"body", *body}}));
      changes.emplace_back(std::move(line));
    }
    expect.set("changes", Value(std::move(changes)));
    return expect;
  }

  const StoredRun& run_;
  const Workflow& workflow_;
  const Catalog& catalog_;
  std::vector<Call> calls_;
  std::vector<std::string> whole_;  // steps whose library is answered as a whole
  Value::List changes_;
  Map outcomes_, approvals_, files_;
};

std::optional<std::string> not_recordable(const StoredRun& run, const Workflow& workflow) {
  const std::string name = "run " + render(run.head.key);
  if (!run.unreadable.empty()) return name + " cannot be read: " + run.unreadable;
  if (!run.head.live) return name + " was a dry run, in which nobody answered what it would have written";
  if (!run.head.ended) return name + " has not ended";
  bool calls = false;
  each_step(workflow, [&calls](const Step& step) { calls = calls || std::holds_alternative<CallBlock>(step.what); });
  if (calls) return name + " may have called other workflows, and what those asked is in their own runs";
  return std::nullopt;
}

std::string with_name_of_test(std::string text, const std::string& run) {
  for (std::size_t at = text.find(run); at != std::string::npos; at = text.find(run, at + run.size()))
    text.replace(at, run.size(), run_of_a_test);
  return text;
}

}  // namespace

Result<std::string> record_test(const StoredRun& run, const Workflow& workflow, const Catalog& catalog,
                                const Secrets& secrets) {
  if (const auto why = not_recordable(run, workflow)) return Error{ErrorCode::invalid, *why};
  const Value test = without_proofs(redacted(secrets, Recorder(run, workflow, catalog).test()));
  std::string text = "# Recorded from a run of " + workflow.id +
                     ": look it over, and give it a name that says what is tested.\n"
                     "version: 1\nworkflow: " +
                     scalar(workflow.id) + "\ntests:\n";
  std::string lines;
  for (const auto& [key, member] : test.map())
    lines += (lines.empty() ? "  - " : "    ") + key_text(key) + ":" + block(member, "      ");
  text += with_name_of_test(std::move(lines), render(run.head.key));
  if (text.size() <= largest_file) return text;
  return Error{ErrorCode::invalid, "what run " + render(run.head.key) + " was answered is too much for a test file (" +
                                       std::to_string(text.size() >> 10) + " KiB): take one that saw less"};
}

}  // namespace millrace
