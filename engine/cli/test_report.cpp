#include "cli/test_report.hpp"

#include <algorithm>

#include "base/markup.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "yaml/rules.hpp"

namespace millrace {

namespace {

std::string place_of(const SourceMark& at) {
  const std::string file = at.source != nullptr ? at.source->name : "";
  return file + ":" + std::to_string(std::max(1, at.line)) + ":" + std::to_string(std::max(1, at.column));
}

std::string render_result(const TestResult& result) {
  std::string text = std::string(result.passed() ? "  ok      " : "  FAILED  ") + printable(result.name) + "\n";
  for (const TestProblem& problem : result.problems)
    text += "    " + printable(place_of(problem.at)) + ": " + printable_below(problem.message, "      ") + "\n";
  return text;
}

std::string render_file(const TestedFile& file) {
  std::string text = printable(file.file) + "\n";
  for (const Finding& finding : file.findings) text += render(finding) + "\n";
  if (file.broken()) return text + "  FAILED  nothing of it was run\n";
  for (const TestResult& result : file.results) text += render_result(result);
  return text;
}

std::string render_branches(const TestReport& report, bool all_branches) {
  std::size_t all = 0, taken = 0;
  std::string missed;
  for (const auto& each : report.workflows) {
    all += each->branches.all().size();
    taken += each->branches.taken();
    for (const Branch& branch : each->branches.all()) {
      if (!branch.taken) missed += "  " + printable(place_of(branch.at) + ": " + branch.what) + "\n";
    }
  }
  std::string text = "; " + std::to_string(taken) + " of " + std::to_string(all) + " branches taken";
  if (all == 0) return "\n";
  if (missed.empty()) return text + "\n";
  if (!all_branches) return text + " (--coverage lists the others)\n";
  return text + "\nno test takes:\n" + missed;
}

Value encode_problem(const TestProblem& problem) {
  return Value::object({{"line", std::max(1, problem.at.line)},
                        {"column", std::max(1, problem.at.column)},
                        {"message", problem.message}});
}

Value encode_test_finding(const Finding& finding) {
  return Value::object({{"line", std::max(1, finding.at.line)},
                        {"column", std::max(1, finding.at.column)},
                        {"severity", name_of(finding.severity)},
                        {"rule", finding.rule},
                        {"message", finding.message}});
}

Value encode_file(const TestedFile& file) {
  Value::List findings, tests;
  for (const Finding& finding : file.findings) findings.push_back(encode_test_finding(finding));
  for (const TestResult& result : file.results) {
    Value::List problems;
    for (const TestProblem& problem : result.problems) problems.push_back(encode_problem(problem));
    tests.push_back(Value::object({{"name", result.name},
                                   {"line", result.at.line},
                                   {"passed", result.passed()},
                                   {"problems", Value(std::move(problems))}}));
  }
  return Value::object({{"file", file.file},
                        {"workflow", file.workflow},
                        {"passed", !file.broken() && std::all_of(file.results.begin(), file.results.end(),
                                                                 [](const TestResult& one) { return one.passed(); })},
                        {"findings", Value(std::move(findings))},
                        {"tests", Value(std::move(tests))}});
}

/// XML has no sign for what steers terminals, so that is spelled out, too.
std::string in_xml(std::string_view text) { return join(split(in_markup(printable(text, true)), '\n'), "&#10;"); }

std::string junit_case(const TestedFile& file, const std::string& name, const std::string& failure) {
  const std::string head = "    <testcase classname=\"" + in_xml(file.workflow) + "\" name=\"" + in_xml(name) + "\"";
  if (failure.empty()) return head + "/>\n";
  return head + ">\n      <failure message=\"" + in_xml(failure.substr(0, failure.find('\n'))) + "\">" +
         in_xml(failure) + "</failure>\n    </testcase>\n";
}

std::string junit_suite(const TestedFile& file) {
  std::string cases;
  std::size_t count = 0, failures = 0;
  for (const TestResult& result : file.results) {
    std::string failure;
    for (const TestProblem& problem : result.problems)
      failure += (failure.empty() ? "" : "\n") + place_of(problem.at) + ": " + problem.message;
    cases += junit_case(file, result.name, failure);
    ++count;
    failures += failure.empty() ? 0 : 1;
  }
  if (file.broken()) {
    std::string failure;
    for (const Finding& finding : file.findings)
      failure += (failure.empty() ? "" : "\n") + place_of(finding.at) + ": " + finding.message;
    cases += junit_case(file, "the file can be read", failure);
    ++count;
    ++failures;
  }
  return "  <testsuite name=\"" + in_xml(file.file) + "\" tests=\"" + std::to_string(count) + "\" failures=\"" +
         std::to_string(failures) + "\">\n" + cases + "  </testsuite>\n";
}

}  // namespace

bool TestedFile::broken() const noexcept { return has_errors(findings); }

std::size_t TestReport::passed() const noexcept {
  std::size_t count = 0;
  for (const TestedFile& file : files) {
    for (const TestResult& result : file.results) count += result.passed() ? 1 : 0;
  }
  return count;
}

std::size_t TestReport::failed() const noexcept {
  std::size_t count = 0;
  for (const TestedFile& file : files) {
    count += file.broken() ? 1 : 0;
    for (const TestResult& result : file.results) count += result.passed() ? 0 : 1;
  }
  return count;
}

std::string render_tests(const TestReport& report, bool all_branches) {
  std::string text;
  for (const TestedFile& file : report.files) text += render_file(file);
  const std::size_t passed = report.passed(), failed = report.failed();
  text += counted(passed + failed, "test") + " in " + counted(report.files.size(), "file") + ": " +
          std::to_string(passed) + " passed, " + std::to_string(failed) + " failed";
  return text + render_branches(report, all_branches);
}

Value encode_tests(const TestReport& report) {
  Value::List files, missed;
  std::int64_t all = 0, taken = 0;
  for (const TestedFile& file : report.files) files.push_back(encode_file(file));
  for (const auto& each : report.workflows) {
    all += static_cast<std::int64_t>(each->branches.all().size());
    taken += static_cast<std::int64_t>(each->branches.taken());
    for (const Branch& branch : each->branches.all()) {
      if (branch.taken) continue;
      missed.push_back(Value::object({{"workflow", each->workflow->id},
                                      {"file", branch.at.source != nullptr ? branch.at.source->name : ""},
                                      {"line", branch.at.line},
                                      {"column", branch.at.column},
                                      {"what", branch.what}}));
    }
  }
  return Value::object(
      {{"passed", static_cast<std::int64_t>(report.passed())},
       {"failed", static_cast<std::int64_t>(report.failed())},
       {"files", Value(std::move(files))},
       {"branches", Value::object({{"all", all}, {"taken", taken}, {"missed", Value(std::move(missed))}})}});
}

std::string render_junit(const TestReport& report) {
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"millrace\" tests=\"" +
                     std::to_string(report.passed() + report.failed()) + "\" failures=\"" +
                     std::to_string(report.failed()) + "\">\n";
  for (const TestedFile& file : report.files) text += junit_suite(file);
  return text + "</testsuites>\n";
}

}  // namespace millrace
