#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace millrace::test {

/// One case of a `.cases` file: below "=== title" stands a file, below its last "---" the findings as people read them,
/// below "--- fixed" the file after its corrections.
struct Case {
  std::string title, text, expected;
  int line = 0;
  std::string fixed = {};
};

inline std::vector<Case> read_cases(const std::string& path) {
  std::vector<Case> cases;
  std::ifstream file(path);
  bool findings = false, fixed = false;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.starts_with("=== ")) {
      cases.push_back({line.substr(4), "", "", number});
      findings = fixed = false;
    } else if (cases.empty()) {
      continue;
    } else if (line == "--- fixed") {
      fixed = true;
    } else if (fixed) {
      cases.back().fixed += line + "\n";
    } else if (line == "---") {
      if (findings) cases.back().text += "---\n" + std::exchange(cases.back().expected, "");  // the last one counts
      findings = true;
    } else {
      (findings ? cases.back().expected : cases.back().text) += line + "\n";
    }
  }
  return cases;
}

}  // namespace millrace::test
