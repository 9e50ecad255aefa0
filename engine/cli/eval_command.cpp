#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "base/text.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/input.hpp"
#include "cli/line_editor.hpp"
#include "cli/verbs.hpp"
#include "expr/conformance.hpp"
#include "expr/type.hpp"
#include "lsp/completion.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

/// The error with the expression's line and a caret under the place.
void complain_about(const std::string& text, const ExpressionError& error) {
  Finding finding;
  finding.rule = "expression";
  finding.message = error.message;
  finding.at.source = std::make_shared<const SourceText>(SourceText{"expression", text});
  finding.at.line = 1;
  finding.at.column = 1;
  const std::size_t offset = std::min(error.offset, text.size());
  const std::string_view before = std::string_view(text).substr(0, offset);
  const std::size_t line = before.rfind('\n') + 1;  // 0 on the first line
  finding.at.line += static_cast<int>(std::count(before.begin(), before.end(), '\n'));
  finding.at.column += static_cast<int>(length_in_characters(before.substr(line)));
  finding.at.length = static_cast<int>(length_in_characters(std::string_view(text).substr(offset, error.length)));
  if (!error.suggestion.empty()) finding.suggestion = error.suggestion;
  complain(finding);
}

int answer_lines() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::ferror(stdout) == 0 && std::getline(std::cin, line);) {
    if (line.empty()) continue;
    std::printf("%s\n", answer_conformance_line(line).c_str());
    std::fflush(stdout);
  }
  return exit_done;
}

bool answer(const Session& session, const std::string& text, const Bindings& names) {
  const auto parsed = Expression::parse(text);
  if (const auto* error = std::get_if<ExpressionError>(&parsed)) {
    complain_about(text, *error);
    return false;
  }
  const auto value = std::get<Expression>(parsed).evaluate(names);
  if (!value) {
    complain(value.error());
    return false;
  }
  const std::string json = encode_json(*value, JsonStyle::indented);
  print_rows((session.json ? encode_json(Value::object({{"value", *value}})) : json) + "\n");
  return true;
}

bool somebody_types() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1; }

int answer_person(const Session& session, const Bindings& names, const TypedNames& types) {
  LineEditor editor(file_of_memory("eval_history"), [&types](const std::string& before) {
    std::vector<std::string> words;
    for (lsp::Completion& one : lsp::complete_expression(before, types).items) words.push_back(std::move(one.text));
    return words;
  });
  tell("An expression a line. Tab completes, Ctrl-D ends; \"millrace catalog functions\" lists all functions.");
  while (const auto line = editor.read("> ")) {
    if (!trim(*line).empty()) answer(session, *line, names);
  }
  std::puts("");
  return exit_done;
}

}  // namespace

int eval_command(const Session& session, const EvalOptions& options) {
  if (options.stdio) return answer_lines();
  const bool in_turn = options.expression.empty() && somebody_types();
  if (options.expression.empty() && !in_turn) {
    complain("say what to evaluate, such as: millrace eval '1 + 2'");
    return exit_usage;
  }
  const auto as_of = read_as_of(options.as_of);
  if (!as_of) {
    complain(as_of.error());
    return exit_usage;
  }
  const Value now(as_of->value_or(now_utc()));
  Bindings names;
  names.set("now", now);
  TypedNames types;
  if (!options.bindings_file.empty()) {
    const auto given = read_json_input(options.bindings_file, "--with");
    if (!given || !given->is_map()) {
      complain(given ? Error{ErrorCode::invalid, "--with needs a JSON object: {\"name\": value}"} : given.error());
      return exit_usage;
    }
    for (const auto& [name, value] : given->map()) {
      names.set(name.text(), value);
      types.emplace_back(name.text(), type_of(value));
    }
  }
  if (std::none_of(types.begin(), types.end(), [](const auto& each) { return each.first == "now"; }))
    types.emplace_back("now", type_of(now));
  if (in_turn) return answer_person(session, names, types);
  return answer(session, options.expression, names) ? exit_done : exit_failed;
}

void add_eval(CLI::App& app, Session& session, EvalOptions& options, Job& job) {
  CLI::App* evaluate =
      add_verb(app, "eval", "evaluate an expression", job, [&] { return eval_command(session, options); });
  evaluate
      ->add_option("expression", options.expression,
                   "such as 'size(tags) > 3'; at a terminal without one: line by line")
      ->type_name("EXPR");
  evaluate
      ->add_option("--with", options.bindings_file,
                   "a JSON object with the names that the expression uses: a file, or -")
      ->type_name("FILE");
  evaluate
      ->add_option("--as-of", options.as_of, "what now is, such as 2026-03-01T09:00:00Z (default: the present time)")
      ->type_name("TIME");
  evaluate->add_flag("--stdio", options.stdio, "answer one JSON request a line, until stdin ends");
  add_json(evaluate, session);
  // An expression may begin with "-", which makes it an option that nobody knows.
  evaluate->allow_extras();
  evaluate->parse_complete_callback([evaluate, &options] {
    std::vector<std::string> rest = evaluate->remaining();
    std::erase(rest, "--");
    if (rest.size() == 1 && options.expression.empty() && !rest.front().starts_with("--")) {
      options.expression = rest.front();
    } else if (!rest.empty()) {
      throw CLI::ExtrasError(evaluate->get_name(), std::move(rest));
    }
  });
}

}  // namespace millrace
