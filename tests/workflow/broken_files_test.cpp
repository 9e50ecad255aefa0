#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "workflow/case_file.hpp"
#include "workflow/fix.hpp"
#include "workflow/sample_project.hpp"
#include "yaml/rules.hpp"

using namespace millrace;

// The files in tests/broken hold what people get wrong. MILLRACE_REWRITE=1 writes into them what is found now, to be
// read line by line: where a message is poor or a correction wrong, the program is.

namespace {

std::vector<std::string> broken_files() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(TEST_DATA) + "/broken")) {
    if (entry.path().extension() == ".cases") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// A case whose title says CRLF has the line ends of Windows.
std::string as_written(const test::Case& one, const std::string& text) {
  if (one.title.find("CRLF") == std::string::npos) return text;
  std::string whole;
  for (const char c : text) whole += c == '\n' ? "\r\n" : std::string(1, c);
  return whole;
}

std::string as_in_cases(std::string text) {
  std::string kept;
  for (const char c : text) {
    if (c == '\n') kept.erase(kept.find_last_not_of(" \r") + 1);
    kept += c;
  }
  return kept;
}

struct Answer {
  std::string findings, fixed;
};

Answer answer_to(const test::Case& one) {
  const auto source = test::source_of(as_written(one, one.text));
  Answer answer = {as_in_cases(test::rendered(test::findings_there(source))), ""};
  const Corrected corrected = correct(source, test::findings_there);
  if (!corrected.made.empty()) answer.fixed = corrected.text;
  return answer;
}

void rewrite(const std::string& path, const std::vector<test::Case>& cases) {
  std::ofstream file(path);
  for (const test::Case& one : cases) {
    const Answer answer = answer_to(one);
    file << "=== " << one.title << "\n" << one.text << "---\n" << answer.findings;
    if (answer.fixed.empty()) continue;
    std::string fixed = answer.fixed;
    std::erase(fixed, '\r');
    file << "--- fixed\n" << fixed;
  }
}

}  // namespace

TEST_SUITE_BEGIN("workflow");

TEST_CASE("each broken file is answered as its case says, and corrected as far as that needs nobody's judgement") {
  const bool rewriting = std::getenv("MILLRACE_REWRITE") != nullptr;
  std::size_t count = 0;
  for (const std::string& path : broken_files()) {
    const std::vector<test::Case> cases = test::read_cases(path);
    count += cases.size();
    if (rewriting) rewrite(path, cases);
    for (const test::Case& one : rewriting ? std::vector<test::Case>() : cases) {
      INFO(path << ":" << one.line << ": " << one.title);
      CHECK(!one.expected.empty());
      const Answer answer = answer_to(one);
      CHECK(answer.findings == one.expected);
      CHECK(answer.fixed == as_written(one, one.fixed));
      if (answer.fixed.empty()) continue;
      const auto left = test::findings_there(test::source_of(answer.fixed));
      CHECK_MESSAGE(!has_errors(left), test::rendered(left));
    }
  }
  CHECK(count >= 250);
}

TEST_CASE("a workflow that does a little of everything has no findings") {
  const auto loaded = load_and_check(std::string(TEST_DATA) + "/broken/sound.yaml", "sound.yaml",
                                     test::shipped_catalog(), &test::sample_project());
  CHECK_MESSAGE(loaded.findings.empty(), test::rendered(loaded.findings));
}

TEST_CASE("the sample workflows have no findings") {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(TEST_DATA) + "/../workflows")) {
    if (entry.path().extension() != ".yaml" || entry.path().string().ends_with(".test.yaml")) continue;
    const auto loaded = load_and_check(entry.path(), entry.path().filename().string(), test::shipped_catalog(),
                                       &test::sample_project());
    CHECK_MESSAGE(loaded.findings.empty(), test::rendered(loaded.findings));
    ++count;
  }
  CHECK(count > 10);
}

TEST_SUITE_END();
