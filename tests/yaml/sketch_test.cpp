#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "yaml/sketch.hpp"

using namespace millrace;

namespace {

/// A tree in one line: what it holds, without how it was written.
std::string drawn(const Node& node) {
  if (node.is_scalar()) return node.is_empty() ? "~" : node.text;
  std::string text = node.is_list() ? "[" : "{";
  for (const Node& item : node.items) text += (text.size() > 1 ? ", " : "") + drawn(item);
  for (const Node::Member& member : node.members)
    text += (text.size() > 1 ? ", " : "") + member.key + ": " + drawn(member.value);
  return text + (node.is_list() ? "]" : "}");
}

std::shared_ptr<const SourceText> text_of(std::string text) {
  return std::make_shared<const SourceText>(SourceText{"flow.yaml", std::move(text)});
}

std::string sketched(const std::string& text) {
  const YamlDocument document = sketch_yaml(text_of(text));
  return document.root ? drawn(*document.root) : "nothing";
}

/// Keys and scalars stand where the sketch says.
void check_places(const YamlDocument& document, const Node& node) {
  const std::string& text = document.text();
  for (const Node& item : node.items) check_places(document, item);
  for (const Node::Member& member : node.members) {
    CHECK(text.substr(member.key_begin, member.key_end - member.key_begin).find(member.key) != std::string::npos);
    check_places(document, member.value);
  }
  if (node.is_plain() && node.text.find(' ') == std::string::npos)
    CHECK(text.substr(node.begin, node.end - node.begin) == node.text);
  CHECK(node.end <= text.size());
}

}  // namespace

TEST_SUITE_BEGIN("yaml");

TEST_CASE("a sketch of what is right is what is read") {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(TEST_DATA) + "/../workflows")) {
    if (entry.path().extension() != ".yaml") continue;
    std::ifstream file(entry.path());
    std::stringstream content;
    content << file.rdbuf();
    const auto source = text_of(content.str());
    const YamlDocument read = read_yaml(source), sketch = sketch_yaml(source);
    INFO(entry.path().string());
    REQUIRE(read.root);
    REQUIRE(sketch.root);
    CHECK(drawn(*sketch.root) == drawn(*read.root));
    check_places(sketch, *sketch.root);
    ++files;
  }
  CHECK(files > 10);
}

TEST_CASE("what is being typed is in the sketch, and what stands around it as it was") {
  CHECK(sketched("a: 1\nb") == "{a: 1, b: ~}");
  CHECK(sketched("a:\n  - x: 1\n    y\n  - z: 2\n") == "{a: [{x: 1, y: ~}, {z: 2}]}");
  CHECK(sketched("a:\n- x: 1\n- y: 2\nb: 3\n") == "{a: [{x: 1}, {y: 2}], b: 3}");
  CHECK(sketched("a:\n  - \nb: 3\n") == "{a: [~], b: 3}");
  CHECK(sketched("a: {b: 1, c\nd: 2\n") == "{a: {b: 1, c: ~}, d: 2}");
  CHECK(sketched("a: [1, {b: \"x\nd: 2\n") == "{a: [1, {b: x}], d: 2}");
  CHECK(sketched("a: \"x\nd: 2\n") == "{a: x, d: 2}");
  CHECK(sketched("a: |\n  one\n  two\n\nb: 1\n") == "{a: one\ntwo\n, b: 1}");
  CHECK(sketched("a: ${{ x ? 'b: 1' : y }}\nb: 1 # c\n") == "{a: ${{ x ? 'b: 1' : y }}, b: 1}");
  CHECK(sketched("a: {t: \"${{ f({'x': 1}) }}\", u: ${{ g({'y': 2}) }}}\n") ==
        "{a: {t: ${{ f({'x': 1}) }}, u: ${{ g({'y': 2}) }}}}");
  CHECK(sketched("") == "nothing");
  CHECK(sketched("a: 1\n     b: 2\n") == "{a: 1, b: 2}");
}

TEST_CASE("what is deeper than a file may be is left out, and takes no time") {
  std::string brackets(100'000, '['), dashes, steps;
  for (int at = 0; at < 50'000; ++at) dashes += "- ";
  for (int at = 0; at < 300; ++at) steps += std::string(static_cast<std::size_t>(at), ' ') + "a:\n";
  for (const std::string& text : {brackets, "a: " + brackets, dashes, steps, std::string(100'000, '{')})
    CHECK_NOTHROW(sketch_yaml(text_of(text)));
}

TEST_SUITE_END();
