#include "yaml/rules.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "yaml/rule_entries.hpp"

namespace millrace {

namespace {

const std::vector<RuleEntry>& all_rules() {
  static const std::vector<RuleEntry> all = [] {
    std::vector<RuleEntry> made;
    for (const auto part : {file_rules(), expression_rules(), name_rules()})
      made.insert(made.end(), part.begin(), part.end());
    return made;
  }();
  return all;
}

}  // namespace

std::span<const RuleEntry> rules() noexcept { return all_rules(); }

std::string name_of(Rule rule) { return std::string(all_rules()[static_cast<std::size_t>(rule)].name); }

const RuleEntry* find_rule(std::string_view name) noexcept {
  const std::vector<RuleEntry>& all = all_rules();
  const auto found = std::find_if(all.begin(), all.end(), [&](const RuleEntry& entry) { return entry.name == name; });
  return found == all.end() ? nullptr : &*found;
}

Finding finding(Rule rule, SourceMark at, std::string message, std::string suggestion) {
  Finding found = {Severity::error, name_of(rule), std::move(message), std::move(at), std::nullopt};
  if (!suggestion.empty()) found.suggestion = std::move(suggestion);
  return found;
}

bool has_errors(const std::vector<Finding>& findings) noexcept {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& one) { return one.severity == Severity::error; });
}

}  // namespace millrace
