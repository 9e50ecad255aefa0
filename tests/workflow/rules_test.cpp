#include "yaml/rules.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "base/text.hpp"
#include "workflow/sample_project.hpp"
#include "workflow/starts.hpp"

using namespace millrace;

namespace {

std::string whole(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string file_of(RuleEntry::Example example, std::string_view lines) {
  const std::string given(lines);
  if (example == RuleEntry::Example::file) return given + "\n";
  if (example == RuleEntry::Example::top) {
    const bool acts = given.find("actions:") != std::string::npos;
    return "version: 1\n" + given + (acts ? "\n" : "\nactions: [{action: log.write, with: {text: hello}}]\n");
  }
  std::string text =
      "version: 1\ntriggers: manual\nlocations: [loc_main]\n"
      "vars: {n: 5, name: Ada, list: [a, b]}\nactions:\n";
  for (const std::string& line : split(given, '\n')) text += "  " + line + "\n";
  return text;
}

std::set<std::string> rules_broken_by(const std::string& text) {
  std::set<std::string> broken;
  for (const Finding& one : test::findings_there(test::source_of(text))) broken.insert(one.rule);
  const LoadedWorkflow loaded = load_workflow(test::source_of(text), test::shipped_catalog());
  if (!loaded.workflow) return broken;
  for (const Finding& one : check_circles({&*loaded.workflow}, test::shipped_catalog(), &test::sample_project()))
    broken.insert(one.rule);
  return broken;
}

}  // namespace

TEST_SUITE_BEGIN("workflow");

TEST_CASE("the catalogue of rules has each rule of the program, in the order of the enumeration") {
  const std::string header = whole(std::string(TEST_DATA) + "/../engine/yaml/rules.hpp");
  const std::size_t begin = header.find('{', header.find("enum class Rule")) + 1;
  std::vector<std::string> names;
  for (std::string name : split(header.substr(begin, header.find("};", begin) - begin), ',')) {
    name = std::string(trim(name));
    std::replace(name.begin(), name.end(), '_', '-');
    if (!name.empty()) names.push_back(name);
  }
  std::vector<std::string> listed;
  for (const RuleEntry& entry : rules()) listed.emplace_back(entry.name);
  CHECK(listed == names);
}

TEST_CASE("what the catalogue calls wrong breaks that rule and no other, and what it calls right breaks none") {
  for (const RuleEntry& entry : rules()) {
    if (entry.example == RuleEntry::Example::told) continue;
    CAPTURE(entry.name);
    CHECK(rules_broken_by(file_of(entry.example, entry.wrong)) == std::set<std::string>{std::string(entry.name)});
    const std::string right = file_of(entry.example, entry.right);
    CHECK_MESSAGE(rules_broken_by(right).empty(), right, test::rendered(test::findings_there(test::source_of(right))));
  }
}

TEST_CASE("each rule says what is wrong, what is right and why") {
  std::set<std::string_view> said;
  for (const RuleEntry& entry : rules()) {
    CAPTURE(entry.name);
    CHECK(entry.why.ends_with("."));
    CHECK_FALSE(entry.wrong.empty());
    CHECK(entry.right != entry.wrong);
    CHECK(said.insert(entry.wrong).second);
    CHECK(find_rule(entry.name)->rule == entry.rule);
  }
  CHECK(find_rule("no-such-rule") == nullptr);
}

TEST_SUITE_END();
