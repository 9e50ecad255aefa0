#include <algorithm>
#include <cstdio>

#include "base/text.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "openapi/findings.hpp"
#include "value/json.hpp"
#include "yaml/rules.hpp"

namespace millrace {

namespace {

/// A rule of check, or of an OpenAPI document.
struct Explained {
  std::string name, sentence, why, example, wrong, right;
};

std::string stands_in(RuleEntry::Example example) {
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

std::vector<Explained> all_explained() {
  std::vector<Explained> all;
  const auto add = [&all](const auto& rule, std::string example) {
    all.push_back({std::string(rule.name), std::string(rule.sentence), std::string(rule.why), std::move(example),
                   std::string(rule.wrong), std::string(rule.right)});
  };
  for (const RuleEntry& rule : rules()) add(rule, stands_in(rule.example));
  for (const ImportRule& rule : import_rules()) add(rule, "openapi");
  return all;
}

std::string indented(std::string_view lines) {
  std::string text;
  for (const std::string& line : split(lines, '\n')) text += "    " + line + "\n";
  return text;
}

std::string as_people_read_it(const Explained& rule) {
  return rule.name + "\n  " + rule.sentence + " " + rule.why + "\n  wrong:\n" + indented(rule.wrong) + "  right:\n" +
         indented(rule.right);
}

Value as_value(const Explained& rule) {
  return Value::object({{"name", rule.name},
                        {"sentence", rule.sentence},
                        {"why", rule.why},
                        {"example", rule.example},
                        {"wrong", rule.wrong},
                        {"right", rule.right}});
}

}  // namespace

int explain_rules_command(const std::string& rule, bool json) {
  const std::vector<Explained> all = all_explained();
  std::vector<std::string> names;
  for (const Explained& one : all) names.push_back(one.name);
  if (!rule.empty() && std::find(names.begin(), names.end(), rule) == names.end()) {
    complain("there is no rule \"" + rule + "\"" + did_you_mean(rule, names) +
             " (millrace check --explain lists them)");
    return exit_usage;
  }
  Value::List list;
  std::string text;
  for (const Explained& one : all) {
    if (!rule.empty() && one.name != rule) continue;
    list.push_back(as_value(one));
    text += (text.empty() ? "" : "\n") + as_people_read_it(one);
  }
  if (json) text = encode_json(Value::object({{"rules", Value(std::move(list))}}), JsonStyle::indented) + "\n";
  std::fputs(text.c_str(), stdout);
  return exit_done;
}

}  // namespace millrace
