#include "openapi/findings.hpp"

#include <utility>

namespace millrace {

namespace {

constexpr std::size_t most_of_a_rule = 200;

}  // namespace

void ImportFindings::add(ImportFinding finding) {
  const std::string place = finding.rule + "\n" + finding.file + "\n" + finding.pointer + "\n" +
                            std::to_string(finding.line) + ":" + std::to_string(finding.column);
  if (!told_.insert(place).second) return;
  errors_ = errors_ || finding.severity == Severity::error;
  if (++met_[finding.rule] > most_of_a_rule) {
    ++more_[finding.rule];
  } else {
    list_.push_back(std::move(finding));
  }
}

}  // namespace millrace
