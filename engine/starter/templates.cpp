#include "starter/templates.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <memory>
#include <utility>

#include "base/text.hpp"
#include "starter/starter_files.hpp"
#include "yaml/yaml.hpp"

namespace millrace {
namespace {

constexpr std::string_view end_of_head = "\n---\n";
constexpr std::string_view folder = "workflows/";

Error wrong(std::string why) { return {ErrorCode::invalid, std::move(why)}; }

std::string text_of(const Node& map, std::string_view key) {
  const Node* found = map.find(key);
  return found == nullptr || !found->is_scalar() ? std::string() : found->text;
}

Result<Question> read_question(const Node::Member& member) {
  const Node& said = member.value;
  Question question;
  question.name = member.key;
  question.question = text_of(said, "question");
  question.type = TRY(question_type(text_of(said, "type")));
  question.default_answer = text_of(said, "default");
  question.settings = text_of(said, "settings");
  if (const Node* choices = said.find("choices")) {
    for (const Node& choice : choices->items) question.choices.push_back(choice.text);
  }
  if (question.question.empty()) return wrong("the question is missing");
  TRY(check_answer(question, question.default_answer));
  return question;
}

/// The values of a file that are nothing but a place, in their order.
void find_places(const Node& node, std::vector<const Node*>& places) {
  if (node.is_plain() && node.text.size() > 2 && node.text.front() == '<' && node.text.back() == '>') {
    places.push_back(&node);
  }
  for (const Node& item : node.items) find_places(item, places);
  for (const Node::Member& member : node.members) find_places(member.value, places);
}

Result<std::string> value_at(std::string_view place, const std::vector<Question>& questions, const Answers& answers,
                             Braces braces) {
  const auto answer = answers.find(place);
  if (answer == answers.end()) return wrong("\"" + std::string(place) + "\" was not answered");
  if (place == "name") return yaml_text(answer->second, braces);
  const auto question =
      std::find_if(questions.begin(), questions.end(), [&](const Question& one) { return one.name == place; });
  if (question == questions.end()) return wrong("nothing is asked that is called \"" + std::string(place) + "\"");
  const Status good = check_answer(*question, answer->second);
  if (!good) return good.error().within(question->name);
  return yaml_value(*question, answer->second, braces);
}

}  // namespace

const Question* WorkflowTemplate::find(std::string_view question) const noexcept {
  const auto found =
      std::find_if(questions.begin(), questions.end(), [&](const Question& one) { return one.name == question; });
  return found == questions.end() ? nullptr : &*found;
}

Result<WorkflowTemplate> read_template(const std::string& name, std::string_view text, std::string_view test) {
  const std::size_t end = text.find(end_of_head);
  if (end == std::string_view::npos) return wrong("a line --- between the head and the workflow is missing");
  const YamlDocument head =
      read_yaml(std::make_shared<const SourceText>(SourceText{name, std::string(text.substr(0, end + 1))}));
  if (!head.findings.empty()) return wrong(render(head.findings.front()));
  if (!head.root || !head.root->is_map()) return wrong("the head holds no keys");
  WorkflowTemplate made;
  made.name = name;
  made.summary = text_of(*head.root, "summary");
  made.event = text_of(*head.root, "event");
  if (made.summary.empty()) return wrong("the summary is missing");
  if (const Node* asked = head.root->find("ask")) {
    for (const Node::Member& member : asked->members) {
      auto question = read_question(member);
      if (!question) return question.error().within(member.key);
      made.questions.push_back(std::move(*question));
    }
  }
  made.workflow = text.substr(end + end_of_head.size());
  made.test = test;
  return made;
}

bool is_new_id(std::string_view name) noexcept {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !name.empty() && name.size() <= 100 && name[0] != '-' && std::all_of(name.begin(), name.end(), letter);
}

const std::vector<WorkflowTemplate>& workflow_templates() {
  static const std::vector<WorkflowTemplate> all = [] {
    std::vector<WorkflowTemplate> list;
    for (const EmbeddedFile& file : starter_files()) {
      std::string_view name = file.name;
      if (!name.starts_with(folder) || !name.ends_with(".yaml") || name.ends_with(".test.yaml")) continue;
      name = name.substr(folder.size(), name.size() - folder.size() - std::string_view(".yaml").size());
      const std::string test = std::string(folder) + std::string(name) + ".test.yaml";
      auto one = read_template(std::string(name), file.text, find_embedded(starter_files(), test));
      if (!one) std::abort();  // tests read each of them: the program was made of others
      list.push_back(std::move(*one));
    }
    return list;
  }();
  return all;
}

Result<std::string> fill(std::string_view text, const std::vector<Question>& questions, const Answers& answers,
                         Braces braces) {
  const YamlDocument document = read_yaml(std::make_shared<const SourceText>(SourceText{"", std::string(text)}));
  if (!document.root) return wrong("this is no YAML: " + render(document.findings.front()));
  std::vector<const Node*> places;
  find_places(*document.root, places);
  std::string filled;
  std::size_t copied = 0;
  for (const Node* place : places) {
    filled += text.substr(copied, place->begin - copied);
    filled +=
        TRY(value_at(std::string_view(place->text).substr(1, place->text.size() - 2), questions, answers, braces));
    copied = place->end;
  }
  return filled += text.substr(copied);
}

std::string title_of(std::string_view id) {
  std::string title(id);
  std::replace_if(
      title.begin(), title.end(), [](char c) { return c == '-' || c == '_'; }, ' ');
  if (!title.empty()) title[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(title[0])));
  return title;
}

}  // namespace millrace
