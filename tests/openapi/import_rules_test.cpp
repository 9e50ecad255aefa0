#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "openapi/findings.hpp"

using namespace millrace;

TEST_SUITE_BEGIN("openapi");

TEST_CASE("each rule that is named about a document has its entry") {
  std::set<std::string> known = {"wrong-type"};  // also a rule of check
  for (const ImportRule& rule : import_rules()) {
    CAPTURE(rule.name);
    CHECK(known.insert(std::string(rule.name)).second);
    CHECK(rule.sentence.ends_with("."));
    CHECK(rule.why.ends_with("."));
    CHECK(rule.wrong != rule.right);
  }
  std::size_t named = 0;
  for (const auto& file : std::filesystem::directory_iterator(std::string(TEST_DATA) + "/../engine/openapi")) {
    std::ostringstream text;
    text << std::ifstream(file.path()).rdbuf();
    static const std::regex told(R"re((?:Severity::\w+|severity),\s*"([a-z]+-[a-z-]+)")re");
    const std::string source = text.str();
    for (std::sregex_iterator each(source.begin(), source.end(), told), end; each != end; ++each, ++named) {
      CHECK_MESSAGE(known.contains((*each)[1]), (*each)[1].str());
    }
  }
  CHECK(named > 30);
}

TEST_SUITE_END();
