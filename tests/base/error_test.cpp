#include "base/error.hpp"

#include <doctest/doctest.h>

#include "base/result.hpp"

namespace millrace {
namespace {

SourceMark mark(std::string text, int line, int column, int length = 1) {
  auto source = std::make_shared<SourceText>(SourceText{"workflows/hello.yaml", std::move(text)});
  return {.source = std::move(source), .line = line, .column = column, .length = length};
}

Finding finding(SourceMark at, std::optional<std::string> suggestion = {}) {
  return {.severity = Severity::error,
          .rule = "unknown-name",
          .message = "wrong",
          .at = std::move(at),
          .suggestion = std::move(suggestion)};
}

Result<int> half(int number) {
  if (number % 2 != 0) return Error{.code = ErrorCode::invalid, .message = "odd"};
  return number / 2;
}

Result<int> quarter(int number) {
  const int once = TRY(half(number));
  return half(once);
}

}  // namespace

TEST_SUITE_BEGIN("base");

TEST_CASE("every code of an error is known by its name, and no other word is one") {
  for (int number = 0;
       name_of(static_cast<ErrorCode>(number)) != "internal" || number == static_cast<int>(ErrorCode::internal);
       ++number) {
    const auto code = static_cast<ErrorCode>(number);
    CAPTURE(name_of(code));
    CHECK(code_named(name_of(code)) == code);
  }
  CHECK_FALSE(code_named("Invalid"));
  CHECK_FALSE(code_named(""));
}

TEST_CASE("a finding shows the place, the line, what is wrong in it and the corrected line") {
  Finding wrong = finding(mark("version: 1\r\n    text: ${{ fetsh.body }}\r\n", 2, 15, 5), "fetch");
  wrong.message = "no step \"fetsh\", did you mean \"fetch\"?";
  CHECK(render(wrong) ==
        "workflows/hello.yaml:2:15: error: no step \"fetsh\", did you mean \"fetch\"? [unknown-name]\n"
        "    2 |     text: ${{ fetsh.body }}\n"
        "      |               ^^^^^ fetch\n"
        "  fix |     text: ${{ fetch.body }}");
  CHECK(wrong.corrected_line() == "    text: ${{ fetch.body }}");
}

TEST_CASE("without a suggestion nothing is corrected") {
  CHECK(render(finding(mark("a: b", 1, 4))) ==
        "workflows/hello.yaml:1:4: error: wrong [unknown-name]\n    1 | a: b\n      |    ^");
  CHECK_FALSE(finding(mark("a: b", 1, 4)).corrected_line());
}

TEST_CASE("the caret stands below its character after tabs, accents and wide characters") {
  CHECK(render(finding(mark("\tä: 標x", 1, 6))) ==
        "workflows/hello.yaml:1:6: error: wrong [unknown-name]\n    1 | \tä: 標x\n      | \t     ^");
}

TEST_CASE("a caret may stand behind the end of its line, and an empty suggestion takes something away") {
  CHECK(render(finding(mark("a", 1, 2), "b")) ==
        "workflows/hello.yaml:1:2: error: wrong [unknown-name]\n    1 | a\n      |  ^ b\n  fix | ab");
  CHECK(finding(mark("a: &x b", 1, 4, 3), "").corrected_line() == "a: b");
}

TEST_CASE("a long line is cut around the caret") {
  const std::string text = std::string(1000, 'a') + "!" + std::string(1000, 'b');
  const std::string shown = render(finding(mark(text, 1, 1001), "?"));
  const std::string before = "..." + std::string(50, 'a');
  CHECK(shown == "workflows/hello.yaml:1:1001: error: wrong [unknown-name]\n    1 | " + before + "!" +
                     std::string(59, 'b') + "...\n      | " + std::string(53, ' ') + "^ ?\n  fix | " + before + "?" +
                     std::string(59, 'b') + "...");
}

TEST_CASE("an error is one line, whatever it quotes") {
  const Error error{ErrorCode::invalid, "it said: x\nerror: y"};
  CHECK(render(error) == "error: it said: x\\nerror: y");
}

TEST_CASE("a suggestion of several lines is shown as they would stand there") {
  CHECK(
      render(finding(mark("a: b", 1, 4), "\n  - b")) ==
      "workflows/hello.yaml:1:4: error: wrong [unknown-name]\n    1 | a: b\n      |    ^\n  fix | a: \n      |   - b");
}

TEST_CASE("a place outside the text is named and not quoted") {
  CHECK(render(finding(mark("a", 7, 1))) == "workflows/hello.yaml:7:1: error: wrong [unknown-name]");
  CHECK(render(finding(mark("a", 0, 0))) == "workflows/hello.yaml: error: wrong [unknown-name]");
}

TEST_CASE("what a file holds cannot talk to the terminal") {
  Finding wrong = finding(mark("a: \x1b[31m\xff", 1, 1));
  wrong.message = "found \x1b[2J";
  CHECK(render(wrong) ==
        "workflows/hello.yaml:1:1: error: found \uFFFD[2J [unknown-name]\n    1 | a: \uFFFD[31m\uFFFD\n      | ^");
}

TEST_CASE("an error tells its place from further out, and keeps its mark") {
  const Error odd = half(1).error().within("step 'fetch'");
  CHECK(odd.message == "step 'fetch': odd");
  CHECK(render(odd) == "error: step 'fetch': odd");
  const Error marked = {.code = ErrorCode::invalid, .message = "odd", .at = mark("a: 1", 1, 4)};
  CHECK(render(marked.within("x")) == "workflows/hello.yaml:1:4: error: x: odd\n    1 | a: 1\n      |    ^");
}

TEST_CASE("the first failure ends the function that tried") {
  CHECK(*quarter(12) == 3);
  CHECK(quarter(3).error().message == "odd");
  CHECK(quarter(2).error().code == ErrorCode::invalid);
}

TEST_SUITE_END();

}  // namespace millrace
