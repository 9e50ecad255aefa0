#include "openapi/findings.hpp"

#include <utility>

namespace millrace {

namespace {

constexpr std::size_t most_of_a_rule = 200;

}  // namespace

bool ImportFindings::keeps(const std::string& rule) const {
  const auto met = met_.find(rule);
  return met == met_.end() || met->second < most_of_a_rule;
}

void ImportFindings::add(ImportFinding finding) {
  std::string place = finding.rule + "\n" + finding.file + "\n" + finding.pointer;
  if (finding.pointer.empty()) place += "\n" + std::to_string(finding.line) + ":" + std::to_string(finding.column);
  if (!told_.insert(place).second) return;
  errors_ = errors_ || finding.severity == Severity::error;
  if (++met_[finding.rule] > most_of_a_rule) {
    ++more_[finding.rule];
  } else {
    list_.push_back(std::move(finding));
  }
}

}  // namespace millrace
