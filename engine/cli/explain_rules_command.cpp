#include <cstdio>

#include "base/text.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "value/json.hpp"
#include "yaml/rules.hpp"

namespace millrace {

namespace {

std::string_view stands_in(RuleEntry::Example example) {
  switch (example) {
    case RuleEntry::Example::step:
      return "steps";
    case RuleEntry::Example::top:
      return "workflow";
    case RuleEntry::Example::file:
      return "file";
    case RuleEntry::Example::told:
      break;
  }
  return "words";
}

std::string indented(std::string_view lines) {
  std::string text;
  for (const std::string& line : split(lines, '\n')) text += "    " + line + "\n";
  return text;
}

std::string as_people_read_it(const RuleEntry& rule) {
  return std::string(rule.name) + "\n  " + std::string(rule.sentence) + " " + std::string(rule.why) + "\n  wrong:\n" +
         indented(rule.wrong) + "  right:\n" + indented(rule.right);
}

Value as_value(const RuleEntry& rule) {
  return Value::object({{"name", std::string(rule.name)},
                        {"sentence", std::string(rule.sentence)},
                        {"why", std::string(rule.why)},
                        {"example", std::string(stands_in(rule.example))},
                        {"wrong", std::string(rule.wrong)},
                        {"right", std::string(rule.right)}});
}

}  // namespace

int explain_rules_command(const std::string& rule, bool json) {
  const RuleEntry* only = rule.empty() ? nullptr : find_rule(rule);
  if (!rule.empty() && only == nullptr) {
    std::vector<std::string> names;
    for (const RuleEntry& entry : rules()) names.emplace_back(entry.name);
    complain("there is no rule \"" + rule + "\"" + did_you_mean(rule, names) +
             " (millrace check --explain lists them)");
    return exit_usage;
  }
  Value::List list;
  std::string text;
  for (const RuleEntry& entry : rules()) {
    if (only != nullptr && only != &entry) continue;
    list.push_back(as_value(entry));
    text += (text.empty() ? "" : "\n") + as_people_read_it(entry);
  }
  if (json) text = encode_json(Value::object({{"rules", Value(std::move(list))}}), JsonStyle::indented) + "\n";
  std::fputs(text.c_str(), stdout);
  return exit_done;
}

}  // namespace millrace
