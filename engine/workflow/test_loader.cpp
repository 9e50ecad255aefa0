#include <algorithm>
#include <charconv>
#include <span>
#include <utility>

#include "base/text.hpp"
#include "value/json.hpp"
#include "value/time.hpp"
#include "workflow/expected_loader.hpp"
#include "workflow/format_schemas.hpp"
#include "workflow/load.hpp"
#include "workflow/test_file.hpp"
#include "yaml/files.hpp"

namespace millrace {

namespace {

constexpr Timestamp usual_beginning{1'772'442'000, 0};  // Monday, the second of March 2026, at nine in the morning

/// Names by which steps are known: ids, and actions of those that have none.
std::vector<std::string> step_names(const Workflow& workflow) {
  std::vector<std::string> names;
  each_step(workflow, [&names](const Step& step) {
    const auto* action = std::get_if<ActionStep>(&step.what);
    if (!step.id.empty()) {
      names.push_back(step.id);
    } else if (action != nullptr) {
      names.push_back(action->action);
    } else if (std::holds_alternative<ForEachBlock>(step.what)) {
      names.emplace_back("for_each");
    }
  });
  return names;
}

bool has_name(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

const ActionStep* action_of_step(const Workflow& workflow, std::string_view id) {
  const ActionStep* found = nullptr;
  each_step(workflow, [&](const Step& step) {
    if (step.id == id) found = std::get_if<ActionStep>(&step.what);
  });
  return found;
}

/// "removed[3]/highlevel.location_tags.delete" is about the last of them, once or each time.
std::string last_name(std::string_view label) {
  std::string_view last = label.substr(label.rfind('/') == std::string_view::npos ? 0 : label.rfind('/') + 1);
  return std::string(last.substr(0, last.find('[')));
}

std::optional<int> number_in(std::string_view text) {
  int number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size() || number < 1) return std::nullopt;
  return number;
}

/// "503", "unreachable", "lost" or "timeout".
std::optional<TestFault> fault_in(std::string_view word) {
  if (word == "unreachable") return TestFault{TestFault::Kind::unreachable};
  if (word == "lost") return TestFault{TestFault::Kind::lost};
  if (word == "timeout") return TestFault{TestFault::Kind::timeout};
  const auto status = number_in(word);
  if (!status || *status < 400 || *status > 599) return std::nullopt;
  return TestFault{TestFault::Kind::status, *status};
}

constexpr const char* what_faults_there_are =
    "a fault is a status from 400 to 599, unreachable, lost (it left, and no answer came) or timeout";

/// One mapping stands for the list that it should be in.
std::span<const Node> items_of(const Node& list) { return list.is_map() ? std::span(&list, 1) : std::span(list.items); }

class TestLoader {
 public:
  TestLoader(const YamlDocument& document, std::vector<Finding>& findings, const Catalog& catalog,
             const Project* project, const Workflow* workflow)
      : document_(document),
        findings_(findings),
        catalog_(catalog),
        project_(project),
        workflow_(workflow),
        fields_(document, findings, FieldReader::Texts::data),
        expected_(fields_, document) {}

  WorkflowTest load(const Node& node) {
    WorkflowTest test;
    test.at = fields_.mark(node);
    test.name = text_of(node, "name");
    test.location = text_of(node, "location");
    test.now = time_of(node.find("now"));
    if (const Node* event = node.find("event")) test.event = event_of(*event);
    if (const Node* delivery = node.find("delivery")) test.delivery = fields_.fixed(*delivery, SchemaView());
    if (const Node* answers = node.find("answers"); answers && answers->is_map()) {
      for (const Node::Member& member : answers->members) load_answers(member, test);
    }
    load_faults(node.find("fail"), test);
    load_approvals(node.find("approve"), test);
    if (const Node* files = node.find("files"); files && files->is_map()) {
      for (const Node::Member& member : files->members) load_given_file(member, test);
    }
    if (const Node* before = node.find("before")) {
      for (const Node& each : items_of(*before)) test.before.push_back(load(each));
    }
    const Node* expect = node.find("expect");
    test.expect = expected_.load(expect, test.at);
    if (const Node* steps = expect ? expect->find("steps") : nullptr; steps && steps->is_map()) check_steps(*steps);
    return test;
  }

 private:
  static std::string text_of(const Node& node, const char* key) {
    const Node* found = node.find(key);
    return found != nullptr && found->is_scalar() ? found->text : "";
  }

  Timestamp time_of(const Node* node) {
    if (node == nullptr || !node->is_scalar() || node->is_empty()) return usual_beginning;
    const auto time = parse_timestamp(node->text);
    if (!time) fields_.report(finding(Rule::wrong_value, fields_.mark(*node), time.error().message));
    return time ? *time : usual_beginning;
  }

  /// The event as the workflow's only trigger could give it.
  Value event_of(const Node& node) {
    const bool only = workflow_ != nullptr && workflow_->triggers.size() == 1;
    const Trigger* trigger = only ? catalog_.find_trigger(workflow_->triggers.front().name) : nullptr;
    if (trigger == nullptr || trigger->event == nullptr) return fields_.fixed(node, SchemaView());
    Value event = fields_.fixed(node, view_of(*trigger->event));
    fields_.check_shape(node, event, *trigger->event);
    return event;
  }

  void load_answers(const Node::Member& member, WorkflowTest& test) {
    TestAnswers given;
    given.key = given.action = member.key;
    given.at = document_.key_mark(member);
    if (const ActionStep* step = workflow_ != nullptr ? action_of_step(*workflow_, member.key) : nullptr) {
      given.action = step->action;
      given.step = member.key;
    }
    const Action* action = catalog_.find_action(given.action);
    if (action == nullptr && workflow_ == nullptr) return;  // it may be a step of what could not be read
    if (action == nullptr) return unknown_call(member);
    if (const char* why = needs_no_answer(*action)) {
      fields_.report(finding(Rule::wrong_value, given.at, action->name + " " + why));
      return;
    }
    given.to_each = !member.value.is_list();
    if (given.to_each) {
      given.answers.push_back(answer(member.value, *action));
    } else {
      for (const Node& item : member.value.items) given.answers.push_back(answer(item, *action));
    }
    test.answers.push_back(std::move(given));
  }

  static const char* needs_no_answer(const Action& action) {
    if (action.result) return "is computed from its inputs, so there is nothing to answer";
    if (action.reads_file) return "reads a file of the project: give it under \"files\"";
    if (action.mails()) return "sends a mail, which is taken: there is nothing to answer";
    return nullptr;
  }

  void unknown_call(const Node::Member& member) {
    std::vector<std::string> known = step_names(*workflow_);
    for (const auto& plugin : catalog_.plugins()) {
      for (const Action& action : plugin->actions) known.push_back(action.name);
    }
    if (catalog_.find_trigger(member.key)) known.clear();  // no action is meant, however near its name is
    fields_.report(finding(
        Rule::unknown_action, document_.key_mark(member),
        "no action and no step with an action is called \"" + member.key + "\"" + did_you_mean(member.key, known),
        nearest(member.key, known).value_or("")));
  }

  TestAnswer answer(const Node& node, const Action& action) {
    const Node* fault = node.is_map() && node.members.size() == 1 ? node.find("fail") : nullptr;
    if (fault != nullptr) return {answer_fault(*fault), {}};
    if (node.is_plain() && node.text == "example" && !action.examples.empty())
      return {std::nullopt, action.examples.front().output};
    if (action.output == nullptr) return {std::nullopt, fields_.fixed(node, SchemaView())};
    Value value = fields_.fixed(node, action.outputs());
    // A test names what the workflow looks at: what else the far side would say is no part of it.
    const std::size_t before = findings_.size();
    fields_.check_shape(node, value, *action.output);
    const auto from = findings_.begin() + static_cast<std::ptrdiff_t>(before);
    findings_.erase(std::remove_if(from, findings_.end(),
                                   [](const Finding& one) { return one.rule == name_of(Rule::missing_key); }),
                    findings_.end());
    return {std::nullopt, std::move(value)};
  }

  TestFault answer_fault(const Node& node) {
    if (node.is_map()) {
      TestFault fault{TestFault::Kind::failure, 0, {ErrorCode::unavailable, text_of(node, "message")}};
      const auto code = code_named(text_of(node, "code"));
      if (!code) fields_.report(finding(Rule::wrong_value, fields_.mark(node), "a failure has a code and a message"));
      fault.failure.code = code.value_or(fault.failure.code);
      return fault;
    }
    const auto fault = fault_in(node.text);
    if (!fault) fields_.report(finding(Rule::wrong_value, fields_.mark(node), what_faults_there_are));
    return fault.value_or(TestFault());
  }

  void load_faults(const Node* node, WorkflowTest& test) {
    if (node == nullptr) return;
    if (node->is_scalar() && !node->is_empty()) load_fault(*node, test);
    for (const Node& item : node->items) {
      if (item.is_scalar()) load_fault(item, test);
    }
  }

  /// "tags 503 x2".
  void load_fault(const Node& node, WorkflowTest& test) {
    std::vector<std::string> words;
    for (std::string& word : split(node.text, ' ')) {
      if (!word.empty()) words.push_back(std::move(word));
    }
    TestFaults faults;
    faults.text = node.text;
    faults.at = fields_.mark(node);
    const auto fault = words.size() >= 2 ? fault_in(words[1]) : std::nullopt;
    const auto times = words.size() == 3 && words[2].starts_with('x') ? number_in(words[2].substr(1)) : std::nullopt;
    if (!fault || words.size() > 3 || (words.size() == 3 && !times)) {
      const std::string form = "say who fails how, and how often: \"tags 503 x2\"; ";
      return fields_.report(finding(Rule::wrong_value, faults.at, form + what_faults_there_are));
    }
    faults.target = words[0];
    faults.fault = *fault;
    faults.times = times.value_or(1);
    check_target(faults);
    test.faults.push_back(std::move(faults));
  }

  void check_target(const TestFaults& faults) {
    if (workflow_ == nullptr || catalog_.find_action(faults.target) != nullptr) return;
    std::vector<std::string> known = step_names(*workflow_);
    for (const auto& plugin : catalog_.plugins()) known.push_back(plugin->name);
    if (project_ != nullptr) {
      for (const ConnectionSettings& connection : project_->connections) known.push_back(connection.name);
    }
    if (has_name(known, faults.target)) return;
    fields_.report(finding(Rule::unknown_name, faults.at,
                           "no action, step, connection or plugin is called \"" + faults.target + "\"" +
                               did_you_mean(faults.target, known)));
  }

  void load_approvals(const Node* node, WorkflowTest& test) {
    if (node == nullptr) return;
    if (node->is_scalar() && !node->is_empty()) load_approval("", *node, fields_.mark(*node), test);
    for (const Node::Member& member : node->members) {
      const SourceMark at = document_.key_mark(member);
      const std::vector<std::string> known =
          workflow_ != nullptr ? step_names(*workflow_) : std::vector<std::string>{member.key};
      if (!has_name(known, member.key))
        fields_.report(finding(Rule::unknown_name, at,
                               "no step is called \"" + member.key + "\"" + did_you_mean(member.key, known),
                               nearest(member.key, known).value_or("")));
      load_approval(member.key, member.value, at, test);
    }
  }

  void load_approval(std::string step, const Node& node, const SourceMark& at, WorkflowTest& test) {
    if (node.text != "yes" && node.text != "no")
      fields_.report(finding(Rule::wrong_value, fields_.mark(node), "people say yes or no"));
    test.approvals.push_back({std::move(step), node.text == "yes", at});
  }

  void load_given_file(const Node::Member& member, WorkflowTest& test) {
    const std::filesystem::path path = std::filesystem::path(member.key).lexically_normal();
    if (path.empty() || path.is_absolute() || *path.begin() == "..")
      return fields_.report(finding(Rule::wrong_value, document_.key_mark(member),
                                    "a file lies below the project's folder, such as inbox/contacts.csv"));
    test.files.emplace_back(path.string(), member.value.text);
  }

  void check_steps(const Node& steps) {
    if (workflow_ == nullptr) return;
    const std::vector<std::string> known = step_names(*workflow_);
    for (const Node::Member& member : steps.members) {
      const std::string name = last_name(member.key);
      if (has_name(known, name)) continue;
      fields_.report(finding(Rule::unknown_name, document_.key_mark(member),
                             "no step is called \"" + name + "\"" + did_you_mean(name, known),
                             member.key == name ? nearest(name, known).value_or("") : ""));
    }
  }

  const YamlDocument& document_;
  std::vector<Finding>& findings_;
  const Catalog& catalog_;
  const Project* project_;
  const Workflow* workflow_;
  FieldReader fields_;
  ExpectedLoader expected_;
};

/// The workflow's file, beside the test's.
std::optional<WorkflowFile> file_beside(const WorkflowFile& test, const std::string& workflow) {
  for (const char* ending : {".yaml", ".yml"}) {
    const std::filesystem::path path = test.path.parent_path() / (workflow + ending);
    std::error_code failed;
    if (!std::filesystem::exists(path, failed)) continue;
    return WorkflowFile{path, (std::filesystem::path(test.shown_as).parent_path() / (workflow + ending)).string()};
  }
  return std::nullopt;
}

std::string tested_by(const WorkflowFile& test, const Node& root) {
  const Node* said = root.find("workflow");
  if (said != nullptr && said->is_scalar() && !said->is_empty()) return said->text;
  const std::string name = workflow_id(test.path.string());
  return name.substr(0, name.size() - std::string_view(".test").size());
}

void load_tests(const WorkflowFile& file, const YamlDocument& document, const Catalog& catalog, const Project* project,
                LoadedTestFile& loaded) {
  const Node& root = *document.root;
  FieldReader fields(document, loaded.findings, FieldReader::Texts::data);
  const Value value = fields.fixed(root, view_of(test_format()));
  fields.check_shape(root, value, test_format());
  TestFile tests;
  tests.workflow = tested_by(file, root);
  const auto beside = file_beside(file, tests.workflow);
  if (beside) {
    tests.workflow_file = *beside;
    LoadedWorkflow workflow = load_and_check(beside->path, beside->shown_as, catalog, project);
    if (workflow.workflow) loaded.workflow = std::make_shared<const Workflow>(std::move(*workflow.workflow));
  } else {
    const Node* said = root.find("workflow");
    loaded.findings.push_back(finding(Rule::unknown_workflow, said ? document.mark(*said) : document.mark(root),
                                      "there is no " + tests.workflow + ".yaml beside it to be tested"));
  }
  TestLoader loader(document, loaded.findings, catalog, project, loaded.workflow.get());
  if (const Node* list = root.find("tests")) {
    for (const Node& each : items_of(*list)) {
      if (each.is_map()) tests.tests.push_back(loader.load(each));
    }
  }
  loaded.file = std::move(tests);
}

}  // namespace

LoadedTestFile load_test_file(const WorkflowFile& file, const Catalog& catalog, const Project* project) {
  if (auto second = why_second(file)) return {std::nullopt, nullptr, {std::move(*second)}};
  auto source = read_source(file.path, file.shown_as);
  if (Finding* unreadable = std::get_if<Finding>(&source)) return {std::nullopt, nullptr, {std::move(*unreadable)}};
  auto text = std::get<std::shared_ptr<const SourceText>>(std::move(source));
  return load_test_file(file, std::move(text), catalog, project);
}

LoadedTestFile load_test_file(const WorkflowFile& file, std::shared_ptr<const SourceText> text, const Catalog& catalog,
                              const Project* project) {
  LoadedTestFile loaded;
  if (auto unfit = unfit_text(text)) return {std::nullopt, nullptr, {std::move(*unfit)}};
  YamlDocument document = read_yaml(std::move(text));
  loaded.findings = std::move(document.findings);
  if (document.root && document.root->is_map()) {
    load_tests(file, document, catalog, project, loaded);
  } else if (document.root) {
    loaded.findings.push_back(not_a_mapping(document, "version: 1"));
  } else if (!has_errors(loaded.findings)) {
    loaded.findings.push_back(empty_file(document));
  }
  sort_findings(loaded.findings);
  return loaded;
}

}  // namespace millrace
