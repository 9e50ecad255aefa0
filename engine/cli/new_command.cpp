#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "base/files.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/shell_words.hpp"
#include "secret/secrets.hpp"
#include "starter/add_connection.hpp"
#include "starter/new_files.hpp"
#include "starter/templates.hpp"
#include "value/list_of.hpp"
#include "workflow/list.hpp"
#include "yaml/rules.hpp"

namespace millrace {

namespace {

constexpr std::size_t most_choices = 6;  // that a question names
constexpr std::string_view modeline = "# yaml-language-server: $schema=../schemas/workflow.schema.json\n";

Value encode_template(const WorkflowTemplate& one) {
  Value::List questions;
  for (const Question& question : one.questions) {
    questions.push_back(Value::object({{"name", question.name},
                                       {"question", question.question},
                                       {"type", name_of(question.type)},
                                       {"default", question.default_answer},
                                       {"choices", list_of(question.choices)}}));
  }
  return Value::object({{"name", one.name}, {"summary", one.summary}, {"questions", Value(std::move(questions))}});
}

int list_templates(const Session& session) {
  if (session.json) {
    Value::List list;
    for (const WorkflowTemplate& one : workflow_templates()) list.push_back(encode_template(one));
    print_json(Value::object({{"templates", Value(std::move(list))}}));
    return exit_done;
  }
  for (const WorkflowTemplate& one : workflow_templates()) print(fmt::format("{:<24} {}", one.name, one.summary));
  return exit_done;
}

const WorkflowTemplate* find_template(const std::string& name) {
  std::vector<std::string> known;
  for (const WorkflowTemplate& one : workflow_templates()) {
    if (one.name == name) return &one;
    known.push_back(one.name);
  }
  complain("there is no template \"" + name + "\"" + did_you_mean(name, known) +
           "; \"millrace new --list\" shows what there is");
  return nullptr;
}

/// Where there is one connection of the plugin that a new one would be of, that is the one that is meant.
std::string offered_answer(const Question& question, const Project& project) {
  if (question.type != Question::Type::connection) return question.default_answer;
  if (project.find_connection(question.default_answer) != nullptr) return question.default_answer;
  std::vector<std::string> fitting;
  for (const ConnectionSettings& one : project.connections) {
    const bool same = question.settings.starts_with("plugin: " + one.plugin + "\n");
    if (same && one.plugin != "http") fitting.push_back(one.name);  // two addresses are two far sides there
  }
  return fitting.size() == 1 ? fitting.front() : question.default_answer;
}

/// Takes what was said beforehand; false where a part of it answers nothing, which is told.
bool take_said(const WorkflowTemplate& chosen, const std::vector<std::string>& said, Answers& answers) {
  std::vector<std::string> known;
  for (const Question& question : chosen.questions) known.push_back(question.name);
  for (const std::string& one : said) {
    const std::size_t equals = one.find('=');
    const std::string name = one.substr(0, equals);
    const Question* question = chosen.find(name);
    if (question == nullptr || equals == std::string::npos) {
      complain(equals == std::string::npos
                   ? "--set takes NAME=VALUE, such as --set " + (known.empty() ? "x" : known[0]) + "=..."
                   : "\"" + chosen.name + "\" does not ask for \"" + name + "\"" + did_you_mean(name, known) +
                         "; it asks for " + join(known, ", "));
      return false;
    }
    answers[name] = one.substr(equals + 1);
    if (const Status good = check_answer(*question, answers[name]); !good) {
      complain(good.error().within(name));
      return false;
    }
  }
  return true;
}

/// One answer from whoever sits there; nothing where the input has ended.
std::optional<std::string> ask(const Question& question, const std::string& offered) {
  for (;;) {
    std::string text = question.question;
    if (!question.choices.empty() && question.choices.size() <= most_choices)
      text += " (" + join(question.choices, ", ") + ")";
    std::fputs((printable(text) + " [" + printable(offered) + "] ").c_str(), stdout);
    std::fflush(stdout);
    std::string line;
    if (!std::getline(std::cin, line)) return std::nullopt;
    const std::string answer = trim(line).empty() ? offered : std::string(trim(line));
    const Status good = check_answer(question, answer);
    if (good) return answer;
    print("  " + good.error().message);
  }
}

bool somebody_answers(const StartingOptions& options) {
  return !options.yes && ::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0;
}

/// Asks which template it is to be, and how the workflow is called, where that was not said. False where nothing was
/// answered.
bool ask_for_beginning(const Session& session, StartingOptions& options) {
  if (options.template_name.empty()) {
    Question which = {"template", "Which of these?", Question::Type::choice, ""};
    for (const WorkflowTemplate& one : workflow_templates()) which.choices.push_back(one.name);
    list_templates(session);
    options.template_name = ask(which, which.choices.front()).value_or("");
  }
  if (options.name.empty() && !options.template_name.empty()) {
    const Question called = {"name", "What is the workflow called?", Question::Type::name, ""};
    options.name = ask(called, options.template_name).value_or("");
  }
  return !options.name.empty() && !options.template_name.empty();
}

/// Whether the question is only about a connection that is there already.
bool is_settled(const WorkflowTemplate& chosen, const Question& question, const Project& project,
                const Answers& answers) {
  const std::string place = "<" + question.name + ">";
  if (chosen.workflow.find(place) != std::string::npos) return false;
  return std::none_of(chosen.questions.begin(), chosen.questions.end(), [&](const Question& one) {
    const auto name = answers.find(one.name);
    const bool made = name != answers.end() && project.find_connection(name->second) == nullptr;
    return one.type == Question::Type::connection && made && one.settings.find(place) != std::string::npos;
  });
}

/// 0, or the exit code where not everything was answered.
int answer_all(const WorkflowTemplate& chosen, const StartingOptions& options, const Project& project,
               Answers& answers) {
  if (!take_said(chosen, options.said, answers)) return exit_usage;
  const bool asks = somebody_answers(options);
  std::vector<std::string> open;
  for (const Question& question : chosen.questions) {
    if (answers.contains(question.name)) continue;
    const std::string offered = offered_answer(question, project);
    const bool settled = is_settled(chosen, question, project, answers);
    if (settled || !asks) {
      if (!settled && !options.yes) open.push_back(question.name);
      answers[question.name] = offered;
      continue;
    }
    const auto answer = ask(question, offered);
    if (!answer) return complain("nothing was written"), exit_failed;
    answers[question.name] = *answer;
  }
  if (open.empty()) return exit_done;
  complain("not answered: " + join(open, ", ") +
           "; --set NAME=VALUE answers one, and --yes takes what is offered for the rest");
  return exit_usage;
}

/// What is written, before any of it is.
struct Draft {
  std::vector<NewFile> files;
  std::string project;                     ///< millrace.yaml as it will be; empty: as it is
  std::optional<std::string> project_was;  ///< nothing: there is none
  std::vector<std::string> connections;    ///< those that are new
  std::string by_hand;                     ///< lines that a person has to put into millrace.yaml
};

Status draft_connection(const Question& question, const WorkflowTemplate& chosen, const Answers& answers,
                        const std::filesystem::path& file, Draft& draft) {
  const std::string name = answers.find(question.name)->second;
  const std::string settings = TRY(fill(question.settings, chosen.questions, answers, Braces::kept));
  std::error_code failed;
  if (draft.project.empty()) {
    if (std::filesystem::exists(file, failed)) draft.project_was = TRY(read_input(file.string()));
    draft.project = draft.project_was.value_or("version: 1\n");
  }
  auto changed = with_connection(draft.project, name, settings);
  if (changed) {
    if (*changed == draft.project) return Done{};  // somebody has added it meanwhile
    draft.project = std::move(*changed);
    draft.connections.push_back(name);
  } else {
    draft.by_hand += connection_lines(name, settings, "  ");
  }
  return Done{};
}

Result<Draft> draft_of(const Session& session, const StartingOptions& options, const WorkflowTemplate& chosen,
                       const Project& project, const Answers& answers) {
  Draft draft;
  std::error_code failed;
  const bool has_schema = std::filesystem::exists(session.folder / "schemas" / "workflow.schema.json", failed);
  const std::string path = "workflows/" + options.name;
  const std::string text = TRY(fill(chosen.workflow, chosen.questions, answers, Braces::evaluated));
  draft.files.push_back({.path = path + ".yaml", .text = (has_schema ? std::string(modeline) : "") + text});
  if (!chosen.test.empty())
    draft.files.push_back({.path = test_file_of(path + ".yaml").string(),
                           .text = TRY(fill(chosen.test, chosen.questions, answers, Braces::kept))});
  for (const Question& question : chosen.questions) {
    const bool made = question.type == Question::Type::connection &&
                      project.find_connection(answers.find(question.name)->second) == nullptr;
    if (made) TRY(draft_connection(question, chosen, answers, session.folder / "millrace.yaml", draft));
  }
  return draft;
}

/// All of it or nothing.
Status write_draft(const Session& session, const Draft& draft) {
  std::vector<NewFile> files = draft.files;
  const bool new_connections = !draft.connections.empty();
  if (new_connections && !draft.project_was) files.push_back({.path = "millrace.yaml", .text = draft.project});
  const PutFiles put = TRY(put_new_files(session.folder, files));
  if (!new_connections || !draft.project_was) return Done{};
  const std::string project = (session.folder / "millrace.yaml").string();
  Status done = rewrite_file(project, draft.project_was, draft.project);
  std::error_code failed;
  for (const std::string& path : done ? std::vector<std::string>() : put.written)
    std::filesystem::remove(session.folder / path, failed);
  return done;
}

/// The secrets that the new files name, and that have no value here.
std::vector<std::string> secrets_to_set(const Session& session, const WorkflowTemplate& chosen,
                                        const Answers& answers) {
  std::vector<std::string> names;
  const auto secrets = open_secrets(session.folder);
  for (const Question& question : chosen.questions) {
    if (question.type != Question::Type::secret) continue;
    const std::string& name = answers.find(question.name)->second;
    if (!secrets->find("secret:" + name)) names.push_back(name);
  }
  return names;
}

int tell_of(const Session& session, const StartingOptions& options, const WorkflowTemplate& chosen, const Draft& draft,
            const Answers& answers) {
  std::vector<std::string> written, next;
  for (const NewFile& file : draft.files) written.push_back(file.path);
  const std::string program = begun_for(session.folder) + " ";
  for (const std::string& name : secrets_to_set(session, chosen, answers))
    next.push_back(program + "secret set " + name);
  next.push_back(program + "check");
  next.push_back(program + "plan " + options.name +
                 (chosen.event.empty() ? "" : " --event - <<< " + shell_word(chosen.event)));
  if (session.json) {
    print_json(Value::object({{"workflow", options.name},
                              {"template", chosen.name},
                              {"written", list_of(written)},
                              {"connections", list_of(draft.connections)},
                              {"next", list_of(next)}}));
    return exit_done;
  }
  for (const std::string& path : written) print(path + " was written");
  for (const std::string& name : draft.connections) print("millrace.yaml has a new connection: " + name);
  if (!draft.by_hand.empty())
    print_rows("millrace.yaml has to be given this below connections:\n" + draft.by_hand + "\n");
  print("Next:");
  for (const std::string& command : next) print("  " + command);
  return exit_done;
}

}  // namespace

int new_command(const Session& session, StartingOptions options) {
  if (options.list) return list_templates(session);
  if ((options.name.empty() || options.template_name.empty()) &&
      !(somebody_answers(options) && ask_for_beginning(session, options))) {
    complain("new takes a name and a template: millrace new NAME --template T; \"millrace new --list\" shows them");
    return exit_usage;
  }
  if (!is_new_id(options.name)) {
    complain("the workflow's name is made of letters, digits, - and _: " + printable(options.name));
    return exit_usage;
  }
  const auto project = open_project(session);
  if (!project) return exit_failed;
  if (!has_project(session, *project)) return exit_cannot_start;
  const WorkflowTemplate* chosen = find_template(options.template_name);
  if (chosen == nullptr) return exit_usage;
  Answers answers = {{"name", title_of(options.name)}};
  if (const int code = answer_all(*chosen, options, *project, answers); code != exit_done) return code;
  const auto draft = draft_of(session, options, *chosen, *project, answers);
  if (!draft) return complain(draft.error()), exit_failed;
  if (const Status written = write_draft(session, *draft); !written) return complain(written.error()), exit_failed;
  return tell_of(session, options, *chosen, *draft, answers);
}

}  // namespace millrace
