#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace millrace {

/// What a template asks.
struct Question {
  enum class Type : std::uint8_t {
    line,        ///< text without line ends and other characters that nobody sees
    text,        ///< text of any length
    number,      ///< a whole number that is not negative
    duration,    ///< such as 90d
    schedule,    ///< a sentence such as "every monday at 9:00"
    name,        ///< a word that may be a part of an address or of a file's name
    secret,      ///< the name of a secret, which stands in the file as "secret:NAME"
    url,         ///< http:// or https://; of a mail server smtp:// or smtps://
    mail,        ///< who gets a mail
    pattern,     ///< files below the project, such as inbox/*.csv
    choice,      ///< one of `choices`
    connection,  ///< the name of a connection, which is added to millrace.yaml where there is none of that name
  };
  std::string name;      ///< its place is `<name>`
  std::string question;  ///< for people
  Type type = Type::line;
  std::string default_answer;
  std::vector<std::string> choices = {};
  std::string settings = {};  ///< of a new connection: its members as YAML, with places
};

/// Nothing but why an answer cannot be taken.
Status check_answer(const Question& question, std::string_view answer);

/// What becomes of `${{ }}` in a file's texts.
enum class Braces : std::uint8_t {
  evaluated,  ///< in a workflow
  kept,       ///< in its test and in millrace.yaml
};

/// An answer that was found good, as a value in YAML on one line.
std::string yaml_value(const Question& question, std::string_view answer, Braces braces);

/// Text as a YAML value that is read as exactly this text, wherever text or any value is expected.
std::string yaml_text(std::string_view text, Braces braces);

/// "duration" and so on; nullopt where there is no such type.
Result<Question::Type> question_type(std::string_view name);
std::string_view name_of(Question::Type type) noexcept;

}  // namespace millrace
