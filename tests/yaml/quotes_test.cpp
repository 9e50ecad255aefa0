#include "yaml/quotes.hpp"

#include <doctest/doctest.h>

#include "hostile_texts.hpp"
#include "yaml/yaml.hpp"

using namespace millrace;

namespace {

/// What is read where `quoted` stands as a key and as a value: of its own line, in brackets, in a list.
void check_read(const std::string& text, const std::string& quoted) {
  CAPTURE(quoted);
  const std::string file = quoted + ": " + quoted + "\nflow: {" + quoted + ": " + quoted + ", b: [" + quoted +
                           ", c]}\nlist:\n  - " + quoted + "   # a comment\n  - " + quoted + ": " + quoted + "\n";
  const YamlDocument read = read_yaml(std::make_shared<const SourceText>(SourceText{"a.yaml", file}));
  for (const Finding& one : read.findings) MESSAGE(render(one));
  CHECK(read.findings.empty());
  REQUIRE(read.root);
  REQUIRE(read.root->members.size() == 3);
  const Node &flow = read.root->members[1].value, &list = read.root->members[2].value;
  REQUIRE(flow.members.size() == 2);
  REQUIRE(flow.members[1].value.items.size() == 2);
  REQUIRE(list.items.size() == 2);
  REQUIRE(list.items[1].members.size() == 1);
  for (const std::string& found : {read.root->members[0].key, read.root->members[0].value.text, flow.members[0].key,
                                   flow.members[0].value.text, flow.members[1].value.items[0].text, list.items[0].text,
                                   list.items[1].members[0].key, list.items[1].members[0].value.text})
    CHECK(found == text);
}

}  // namespace

TEST_SUITE_BEGIN("yaml");

TEST_CASE("a text in quotes is read as exactly this text, whatever is in it and wherever it stands") {
  for (const std::string& text : test::hostile_texts()) {
    check_read(text, in_double_quotes(text));
    check_read(text, in_yaml_quotes(text));
  }
}

TEST_CASE("what single quotes can hold stands in them, as people write it") {
  CHECK(in_yaml_quotes("a: \"b\" \\ {{ c }} 営業") == "'a: \"b\" \\ {{ c }} 営業'");
  CHECK(in_yaml_quotes("it's\n") == "\"it's\\n\"");
  CHECK(in_yaml_quotes("a\x7F") == "\"a\\u007f\"");
}

TEST_SUITE_END();
