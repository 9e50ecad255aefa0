#include "prose/explain.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "prose/prose_bench.hpp"
#include "schema/embedded.hpp"
#include "value/json.hpp"

using namespace millrace;

TEST_SUITE_BEGIN("prose");

namespace {

const std::string here = std::string(TEST_DATA) + "/prose/";

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream all(text);
  for (std::string line; std::getline(all, line);) lines.push_back(line);
  return lines;
}

std::string join_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

/// What is told of a file, or nothing where it has errors.
std::string told(const std::string& text) {
  auto source = std::make_shared<const SourceText>(SourceText{"everything.yaml", text});
  LoadedWorkflow loaded = load_workflow(std::move(source), test::shipped_catalog());
  for (const Finding& finding : loaded.findings) {
    if (finding.severity == Severity::error) return "";
  }
  if (!loaded.workflow) return "";
  const auto workflow = std::make_shared<const Workflow>(std::move(*loaded.workflow));
  const Account account = account_of(workflow, test::shipped_catalog(), test::sample_project());
  return render(explain(account, test::shipped_catalog(), test::sample_project()));
}

/// The names of all members that the schema knows.
void collect_keys(const Value& schema, std::set<std::string>& keys) {
  if (schema.is_list())
    for (const Value& each : schema.list()) collect_keys(each, keys);
  if (!schema.is_map()) return;
  if (const Value* properties = schema.find("properties"); properties != nullptr && properties->is_map()) {
    for (const auto& [name, inner] : properties->map()) keys.insert(name.text());
  }
  for (const auto& [name, inner] : schema.map()) collect_keys(inner, keys);
}

/// The key that the line has in front, without what stands around it.
std::string key_in(const std::string& line) {
  const std::size_t begin = line.find_first_not_of(" -");
  const std::size_t colon = line.find(':');
  return begin == std::string::npos || colon == std::string::npos || colon < begin ? ""
                                                                                   : line.substr(begin, colon - begin);
}

}  // namespace

TEST_CASE("each sample is told as its file of tests/prose/samples has it") {
  std::size_t seen = 0;
  for (const auto& file : std::filesystem::directory_iterator(std::string(TEST_DATA) + "/../workflows")) {
    const std::string name = file.path().filename().string();
    if (!name.ends_with(".yaml") || name.ends_with(".test.yaml")) continue;
    INFO("where it is meant so: build/millrace explain NAME > tests/prose/samples/NAME.txt, for ", name);
    auto source = std::make_shared<const SourceText>(SourceText{"workflows/" + name, content_of(file.path())});
    LoadedWorkflow loaded = load_workflow(std::move(source), test::shipped_catalog());
    REQUIRE(loaded.workflow);
    const auto workflow = std::make_shared<const Workflow>(std::move(*loaded.workflow));
    const Account account = account_of(workflow, test::shipped_catalog(), test::sample_project());
    const std::string text = render(explain(account, test::shipped_catalog(), test::sample_project()));
    CHECK(text == content_of(here + "samples/" + workflow->id + ".txt"));
    ++seen;
  }
  CHECK(seen >= 14);
}

TEST_CASE("the file with everything in it is told as everything.txt has it") {
  CHECK(told(content_of(here + "everything.yaml")) == content_of(here + "everything.txt"));
}

TEST_CASE("every key of the format stands in that file") {
  std::set<std::string> keys;
  const auto schema = parse_json(embedded_schema("workflow.schema.json"), from_outside);
  REQUIRE(schema);
  collect_keys(*schema, keys);
  REQUIRE(keys.size() > 60);
  for (const std::string& line : lines_of(content_of(here + "everything.yaml"))) keys.erase(key_in(line));
  for (const std::string& key : keys) MESSAGE(key);
  CHECK(keys.empty());
}

TEST_CASE("no key that may be left out is left out of what is told") {
  const auto lines = lines_of(content_of(here + "everything.yaml"));
  const std::string whole = told(join_lines(lines));
  REQUIRE(!whole.empty());
  std::size_t left_out = 0;
  for (std::size_t at = 0; at < lines.size(); ++at) {
    if (lines[at].find_first_not_of(' ') == std::string::npos) continue;
    const std::size_t indent = lines[at].find_first_not_of(' ');
    std::size_t end = at + 1;  // with what is indented below it
    while (end < lines.size() && lines[end].find_first_not_of(' ') > indent) ++end;
    auto without = lines;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(at),
                  without.begin() + static_cast<std::ptrdiff_t>(end));
    const std::string text = told(join_lines(without));
    if (text.empty()) continue;  // it may not be left out
    CAPTURE(lines[at]);
    CHECK(text != whole);
    ++left_out;
  }
  CHECK(left_out > 70);
}

TEST_CASE("what a form of the file has no words for is told as it stands") {
  const std::string text = test::explained(
      "actions:\n  - for_each: event.list.filter(x, x.a > 2)\n    as: one\n    do:\n"
      "      - if: one.list.all(y, y == 1) && one.b\n        then: [{set: {n: '${{ one.list.map(z, z * 2) }}'}}]\n");
  CHECK(text.find("For each one in \"event.list.filter(x, x.a > 2)\":") != std::string::npos);
  CHECK(text.find("If \"one.list.all(y, y == 1)\" and its b is true:") != std::string::npos);
  CHECK(text.find("n: \"one.list.map(z, z * 2)\"") != std::string::npos);
}

TEST_CASE("steps are numbered by where they stand, those of one step on and on") {
  const std::string text = test::explained(
      "actions:\n  - if: event.a\n    then: [{wait: 1m}, {wait: 2m}]\n    else: [{do: [{wait: 3m}]}]\n  - wait: 4m\n");
  CHECK(text.find("  1. If the event's a is true:\n     1.1. Wait 1 minute\n     1.2. Wait 2 minutes\n     otherwise:\n"
                  "       1.3. Together:\n            1.3.1. Wait 3 minutes\n  2. Wait 4 minutes\n") !=
        std::string::npos);
}

TEST_CASE("a place of the file stands with each step, condition and trigger") {
  const auto account =
      test::account_of_text("triggers:\n  - manual\nactions:\n  - if: event.a\n    then:\n      - wait: 1m\n");
  const Value whole = encode(explain(account, test::shipped_catalog(), test::sample_project()));
  const std::string text = encode_json(whole);
  CHECK(text.find("\"part\":\"trigger\",\"about\":null,\"text\":\"by hand\",\"number\":null,\"line\":3") !=
        std::string::npos);
  CHECK(text.find("\"number\":\"1.1\",\"line\":7,\"column\":9") != std::string::npos);
}

TEST_CASE("a long text is cut, and how long it is stands there") {
  const std::string text = test::explained("actions:\n  - set: {note: " + std::string(400, 'x') + "}\n");
  CHECK(text.find("... (400 characters in all)") != std::string::npos);
}
