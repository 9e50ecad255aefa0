#include "starter/answers.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "base/duration.hpp"
#include "base/mail_address.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "schedule/schedule.hpp"
#include "yaml/quotes.hpp"

namespace millrace {
namespace {

using Type = Question::Type;

constexpr std::array<std::pair<std::string_view, Type>, 12> types = {{{"line", Type::line},
                                                                      {"text", Type::text},
                                                                      {"number", Type::number},
                                                                      {"duration", Type::duration},
                                                                      {"schedule", Type::schedule},
                                                                      {"name", Type::name},
                                                                      {"secret", Type::secret},
                                                                      {"url", Type::url},
                                                                      {"mail", Type::mail},
                                                                      {"pattern", Type::pattern},
                                                                      {"choice", Type::choice},
                                                                      {"connection", Type::connection}}};

constexpr std::size_t longest_answer = 10'000;  // bytes
constexpr std::size_t longest_line = 400;       // bytes: fits a mail's subject with something behind it

bool small(char c) noexcept { return c >= 'a' && c <= 'z'; }
bool letter_of_name(char c) noexcept { return small(c) || (c >= 'A' && c <= 'Z'); }
bool digit_of_name(char c) noexcept { return c >= '0' && c <= '9'; }

/// A letter, then letters, digits and the signs of `more`.
bool word(std::string_view text, std::string_view more) {
  return !text.empty() && text.size() <= 60 && letter_of_name(text[0]) &&
         std::all_of(text.begin(), text.end(), [more](char c) {
           return letter_of_name(c) || digit_of_name(c) || more.find(c) != std::string_view::npos;
         });
}

Error refused(std::string why) { return {ErrorCode::invalid, std::move(why)}; }

Status check_text(std::string_view answer, bool one_line) {
  if (trim(answer).empty()) return refused("some text is needed");
  if (one_line && answer.size() > longest_line)
    return refused("this is longer than 400 bytes, which is much for a line");
  if (one_line && printable(answer) != answer)
    return refused("one line is needed, without characters that nobody sees: " + printable(answer));
  constexpr std::string_view handle = "secret:";
  for (std::size_t at = answer.find(handle); at != std::string_view::npos; at = answer.find(handle, at + 1)) {
    if (word(answer.substr(at + handle.size(), 1), ""))
      return refused("a secret cannot stand in a text: it would be sent as these words");
  }
  return Done{};
}

Status check_number(std::string_view answer) {
  const bool digits = !answer.empty() && answer.size() <= 9 && std::all_of(answer.begin(), answer.end(), digit_of_name);
  if (digits && (answer.size() == 1 || answer[0] != '0')) return Done{};
  return refused("a whole number is needed, such as 5");
}

Status check_duration(std::string_view answer) {
  const auto duration = parse_duration(answer);
  if (!duration) return duration.error();
  if (*duration <= Duration::zero()) return refused("a time that is longer than nothing is needed, such as 5m");
  return Done{};
}

Status check_schedule(std::string_view answer) {
  const auto schedule = parse_schedule(answer);
  if (const auto* error = std::get_if<ScheduleError>(&schedule)) return refused(error->message);
  return Done{};
}

Status check_url(std::string_view answer) {
  if (answer.starts_with("smtp") && parse_mail_server(answer)) return Done{};
  const bool known = answer.starts_with("http://") || answer.starts_with("https://");
  if (!known || answer.find_first_of(" \t\r\n\"'{}<>\\") != std::string_view::npos || !parse_url(answer))
    return refused("an address is needed that begins with https:// (of a mail server: smtps://)");
  return Done{};
}

Status check_pattern(std::string_view answer) {
  const bool known = std::all_of(answer.begin(), answer.end(), [](char c) {
    return letter_of_name(c) || digit_of_name(c) || std::string_view("-_./*").find(c) != std::string_view::npos;
  });
  if (known && !answer.empty() && answer[0] != '/' && answer[0] != '.' && answer.find("..") == std::string_view::npos)
    return Done{};
  return refused("files below the project are needed, such as inbox/*.csv");
}

}  // namespace

Result<Type> question_type(std::string_view name) {
  for (const auto& [known, type] : types) {
    if (known == name) return type;
  }
  return refused("there is no type \"" + std::string(name) + "\"");
}

std::string_view name_of(Type type) noexcept {
  const auto found = std::find_if(types.begin(), types.end(), [type](const auto& one) { return one.second == type; });
  return found == types.end() ? std::string_view() : found->first;
}

Status check_answer(const Question& question, std::string_view answer) {
  if (!valid_utf8(answer)) return refused("this is not UTF-8");
  if (answer.size() > longest_answer) return refused("this is longer than 10,000 bytes");
  switch (question.type) {
    case Type::line:
    case Type::text:
      return check_text(answer, question.type == Type::line);
    case Type::number:
      return check_number(answer);
    case Type::duration:
      return check_duration(answer);
    case Type::schedule:
      return check_schedule(answer);
    case Type::name:
      if (word(answer, "-_")) return Done{};
      return refused("a word is needed, of letters, digits, - and _, such as orders");
    case Type::secret:
      if (word(answer, "_")) return Done{};
      return refused("the name of a secret is needed, not its value: letters, digits and _, such as slack_hook");
    case Type::url:
      return check_url(answer);
    case Type::mail: {
      const auto address = parse_mail_address(answer);
      if (!address) return address.error();
      return Done{};
    }
    case Type::pattern:
      return check_pattern(answer);
    case Type::choice:
      if (std::find(question.choices.begin(), question.choices.end(), answer) != question.choices.end()) return Done{};
      return refused("one of these is needed: " + join(question.choices, ", ") +
                     did_you_mean(answer, question.choices));
    case Type::connection:
      if (word(answer, "-_")) return Done{};
      return refused("the name of a connection is needed: letters, digits, - and _");
  }
  return Done{};
}

std::string yaml_text(std::string_view text, Braces braces) {
  constexpr std::array<std::string_view, 5> evaluated = {"${", "{{", "}}", "{%", "%}"};  // here or elsewhere
  const std::string quoted = in_double_quotes(text);
  // What could be read as an expression becomes one: the constant text.
  const bool looks_evaluated = std::any_of(evaluated.begin(), evaluated.end(), [text](std::string_view sign) {
    return text.find(sign) != std::string_view::npos;
  });
  return looks_evaluated && braces == Braces::evaluated ? in_double_quotes("${{ " + quoted + " }}") : quoted;
}

std::string yaml_value(const Question& question, std::string_view answer, Braces braces) {
  switch (question.type) {
    case Type::number:
    case Type::duration:
    case Type::name:
    case Type::choice:
    case Type::connection:
      return std::string(answer);
    case Type::secret:
      return in_double_quotes("secret:" + std::string(answer));
    case Type::pattern:
      return in_double_quotes(answer);
    case Type::schedule:
      return letter_of_name(answer[0]) ? std::string(answer) : in_double_quotes(answer);
    case Type::line:
    case Type::text:
    case Type::url:
    case Type::mail:
      return yaml_text(answer, braces);
  }
  return {};
}

}  // namespace millrace
