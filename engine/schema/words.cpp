#include "schema/words.hpp"

#include <algorithm>

#include "base/file_name.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

namespace millrace {
namespace {

constexpr std::size_t longest_literal = 40;
constexpr std::size_t most_choices = 12;

std::optional<std::string> problem_of(const Error& error) { return error.message; }

std::optional<std::string> duration_problem(std::string_view text) {
  const auto duration = parse_duration(text);
  if (!duration) return problem_of(duration.error());
  if (duration->count() < 0) return "a duration cannot be negative";
  return std::nullopt;
}

bool plausible_uri(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos || colon + 1 == text.size()) return false;
  const auto in_scheme = [](char letter) {
    const char small = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    return (small >= 'a' && small <= 'z') || (letter >= '0' && letter <= '9') || letter == '+' || letter == '-' ||
           letter == '.';
  };
  const std::string_view scheme = text.substr(0, colon);
  const bool begins_with_letter = !(scheme.front() >= '0' && scheme.front() <= '9');
  return begins_with_letter && std::all_of(scheme.begin(), scheme.end(), in_scheme) &&
         text.find_first_of(" \t\r\n\"<>") == std::string_view::npos;
}

bool plausible_email(std::string_view text) {
  const std::size_t at = text.rfind('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
         text.find_first_of(" \t\r\n") == std::string_view::npos;
}

bool uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
    const bool digit = std::string_view("0123456789abcdefABCDEF").find(text[at]) != std::string_view::npos;
    if (dash ? text[at] != '-' : !digit) return false;
  }
  return true;
}

}  // namespace

std::string literal(const Value& value) {
  if (value.is_text() && length_in_characters(value.text()) > longest_literal) {
    const std::string& text = value.text();
    return encode_json(Value(text.substr(0, offset_of_character(text, longest_literal)) + "..."));
  }
  std::string text = encode_json(value);
  const std::size_t end = offset_of_character(text, longest_literal + 5);
  return end < text.size() ? text.substr(0, end) + "..." : text;
}

std::string described(const Value& value) {
  switch (value.kind()) {
    case Kind::null:
      return "nothing (null)";
    case Kind::boolean:
      return value.boolean() ? "true" : "false";
    case Kind::integer:
    case Kind::unsigned_integer:
    case Kind::number:
      return "the number " + literal(value);
    case Kind::text:
      return "text " + literal(value);
    case Kind::list:
      return "a list";
    case Kind::map:
      return "a mapping";
    case Kind::timestamp:
      return "the time " + literal(value);
    case Kind::duration:
      return "the duration " + literal(value);
    case Kind::bytes:
    case Kind::type:
    case Kind::optional:
    case Kind::unknown:
      return std::string(name_of(value.kind()));
  }
  return "something else";
}

std::string type_words(std::string_view type) {
  if (type == "string") return "text";
  if (type == "integer") return "a whole number";
  if (type == "number") return "a number";
  if (type == "boolean") return "true or false";
  if (type == "array") return "a list";
  if (type == "object") return "a mapping";
  return "nothing (null)";
}

std::string alternatives(const std::vector<std::string>& choices) {
  if (choices.size() < 2) return choices.empty() ? std::string() : choices.front();
  const std::vector<std::string> but_last(choices.begin(), choices.end() - 1);
  return join(but_last, ", ") + " or " + choices.back();
}

std::string words_of_types(const std::vector<std::string>& types) {
  std::vector<std::string> words;
  for (const std::string& type : types) words.push_back(type_words(type));
  return alternatives(words);
}

std::string one_of_words(const std::vector<Value>& allowed) {
  if (allowed.size() == 1) return "must be " + literal(allowed.front());
  std::vector<std::string> words;
  for (const Value& value : allowed) {
    if (words.size() < most_choices) words.push_back(literal(value));
  }
  const std::size_t left = allowed.size() - words.size();
  return "must be one of " + join(words, ", ") + (left > 0 ? " and " + std::to_string(left) + " more" : "");
}

ShapeProblem not_among(std::vector<Value> allowed, std::string wanted, const Value& value) {
  std::vector<std::string> texts;
  for (const Value& choice : allowed) {
    if (choice.is_text()) texts.push_back(choice.text());
  }
  const auto meant = value.is_text() ? nearest(value.text(), texts) : std::nullopt;
  ShapeProblem problem;
  problem.message = wanted + (meant ? did_you_mean(value.text(), texts) : ", found " + described(value));
  problem.suggestion = meant.value_or("");
  problem.allowed = std::move(allowed);
  problem.wanted = std::move(wanted);
  return problem;
}

std::optional<std::string> format_problem(std::string_view format, std::string_view text) {
  if (format == "duration") return duration_problem(text);
  if (format == "date-time") {
    const auto time = parse_timestamp(text);
    return time ? std::nullopt : problem_of(time.error());
  }
  if (format == "date") {
    const bool date = text.size() == 10 && parse_timestamp(std::string(text) + "T00:00:00Z");
    return date ? std::nullopt : std::optional<std::string>(literal(text) + " is not a date such as 2026-11-23");
  }
  if (format == "time-zone" && !known_zone(text))
    return "unknown time zone " + literal(text) + did_you_mean(text, zone_names());
  if (format == "uri" && !plausible_uri(text))
    return literal(text) + " is not an address such as https://example.com/path";
  // A handle may stand for the whole address.
  if (format == "address" && !is_path_or_address(text) && !text.starts_with("secret:"))
    return std::string(path_or_address);
  if (format == "output-file" || format == "project-file" || format == "file") {
    const std::string name(text);
    const Status good = format == "output-file" ? check_file_name(name) : check_project_file(name);
    return good ? std::nullopt : problem_of(good.error());
  }
  if (format == "email" && !plausible_email(text)) return literal(text) + " is not an e-mail address";
  if (format == "uuid" && !uuid(text)) return literal(text) + " is not a UUID";
  return std::nullopt;
}

}  // namespace millrace
