#include <doctest/doctest.h>

#include "lsp/completion.hpp"
#include "lsp/editor_bench.hpp"
#include "lsp/hover.hpp"
#include "workflow/case_file.hpp"

using namespace millrace;

namespace {

constexpr std::size_t most_shown = 16;

/// What is offered as one reads it in an editor: the label, and beside it a few words.
std::string shown(const lsp::Completions& found) {
  std::string text;
  for (std::size_t at = 0; at < found.items.size(); ++at) {
    if (at == most_shown) return text + "and " + std::to_string(found.items.size() - at) + " more\n";
    const lsp::Completion& one = found.items[at];
    text += one.label + (one.detail.empty() ? "" : "  (" + one.detail + ")") + "\n";
  }
  return text;
}

std::string name_of_file(const test::Case& one) {
  if (one.title.starts_with("a test")) return "workflows/nightly.test.yaml";
  return one.title.find("millrace.yaml") != std::string::npos ? "millrace.yaml" : "workflows/flow.yaml";
}

std::vector<test::Case> cases_of(const std::string& file) {
  return test::read_cases(std::string(TEST_DATA) + "/lsp/" + file);
}

}  // namespace

TEST_SUITE_BEGIN("lsp");

TEST_CASE("at each place of the case file the few things are offered that fit") {
  const std::vector<test::Case> cases = cases_of("completion.cases");
  CHECK(cases.size() > 30);
  for (const test::Case& one : cases) {
    INFO(one.line, ": ", one.title);
    const test::Typed at = test::typed(one.text, name_of_file(one));
    CHECK(shown(lsp::complete(at.source, at.offset, test::editor_view())) == one.expected);
  }
}

TEST_CASE("at each place of the case file the editor says what stands there") {
  const std::vector<test::Case> cases = cases_of("hover.cases");
  CHECK(cases.size() > 10);
  for (const test::Case& one : cases) {
    INFO(one.line, ": ", one.title);
    const test::Typed at = test::typed(one.text, name_of_file(one));
    const auto said = lsp::hover(at.source, at.offset, test::editor_view());
    CHECK((said ? said->text + "\n" : "") == one.expected);
  }
}

TEST_CASE("wherever the cursor stands in a text that is cut off, there is an answer") {
  const std::string text =
      "version: 1\ntriggers:\n  - webhook: a\n    verify: {hmac: {secret: secret:main, header: X}}\nactions:\n"
      "  - id: tags\n    action: list.filter\n    with:\n      items: [1, 2]\n      where: item > 1\n"
      "  - for_each: ${{ tags.items.map(x, {'a': x}) }}\n    do:\n      - action: notes.write\n"
      "        with: {text: \"a ${{ item.a }}\"}\n";
  for (std::size_t end = 0; end <= text.size(); ++end) {
    const SourceText cut = {"workflows/flow.yaml", text.substr(0, end)};
    CHECK_NOTHROW(lsp::complete(cut, end, test::editor_view()));
    CHECK_NOTHROW(lsp::hover(cut, end, test::editor_view()));
  }
}

TEST_SUITE_END();
