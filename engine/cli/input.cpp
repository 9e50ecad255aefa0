#include "cli/input.hpp"

#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <utility>

#include "base/printable.hpp"
#include "base/terminal.hpp"
#include "base/text.hpp"
#include "cli/session.hpp"
#include "value/json.hpp"

namespace millrace {

Result<Value> read_json_input(const std::string& file, const std::string& what) {
  const std::string text = TRY(read_input(file));
  auto value = parse_json(text, from_outside);
  if (!value) return value.error().within(what + " in " + (file == "-" ? "stdin" : file) + " is not valid JSON");
  return std::move(*value);
}

Result<std::optional<Timestamp>> read_as_of(const std::string& said) {
  if (said.empty()) return std::optional<Timestamp>();
  const auto time = parse_timestamp(said);
  if (!time) return time.error().within("--as-of");
  return std::optional<Timestamp>(*time);
}

std::optional<bool> ask_yes(const std::string& question) {
  if (::isatty(STDIN_FILENO) == 0) return std::nullopt;
  tell_rows(printable(question) + " [y/N] ");
  std::string answer;
  std::getline(std::cin, answer);
  answer = lower(trim(answer));
  return answer == "y" || answer == "yes";
}

std::optional<ExitCode> not_agreed(bool yes, const std::string& question, const std::string& act) {
  const auto answer = yes ? std::optional(true) : ask_yes(question);
  if (!answer) complain("nobody is here to agree: say --yes to " + act);
  if (answer == false) tell("nothing was changed");
  if (answer == true) return std::nullopt;
  return answer ? exit_failed : exit_waits;
}

Result<Secret> ask_twice(const std::string& question) {
  Secret first(TRY(ask_hidden(question + ": ")));
  const Secret second(TRY(ask_hidden("Once more: ")));
  if (first.reveal() != second.reveal()) return Error{ErrorCode::invalid, "the two are not the same"};
  return first;
}

Result<Secret> read_secret(const std::string& question) {
  if (::isatty(STDIN_FILENO) != 0) return ask_twice(question);
  std::string text = TRY(read_input("-"));
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return Secret(std::move(text));
}

}  // namespace millrace
