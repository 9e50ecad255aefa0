#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "starter/answers.hpp"

namespace millrace {

/// A workflow that somebody can begin with, out of templates/NAME.yaml: a head that says what is asked, a line `---`,
/// and the workflow, in which `<question>` stands for the whole of a value. `<name>` is the workflow's own name for
/// people.
struct WorkflowTemplate {
  std::string name;
  std::string summary;  ///< one sentence
  std::vector<Question> questions;
  std::string event;     ///< JSON to plan it with, where its trigger has no example; else empty
  std::string workflow;  ///< its text, with places
  std::string test;      ///< of its test file, with places; empty: it has none

  const Question* find(std::string_view question) const noexcept;
};

/// What was said, by question.
using Answers = std::map<std::string, std::string, std::less<>>;

/// What a workflow that we make a file for may be called: letters, digits, - and _, no - at the beginning, 100 at most.
bool is_new_id(std::string_view name) noexcept;

/// All templates, by name.
const std::vector<WorkflowTemplate>& workflow_templates();

/// Reads one. `invalid` says what is wrong with it.
Result<WorkflowTemplate> read_template(const std::string& name, std::string_view text, std::string_view test);

/// `text` with every place filled. Each answer comes out as the value of a YAML file that it is: nothing in it can
/// become a key, a comment or an expression. `invalid`: an answer that its question does not take, or that is missing.
Result<std::string> fill(std::string_view text, const std::vector<Question>& questions, const Answers& answers,
                         Braces braces);

/// "daily-mail" is "Daily mail" for people.
std::string title_of(std::string_view id);

}  // namespace millrace
