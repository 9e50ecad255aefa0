#include "starter/templates.hpp"

#include <doctest/doctest.h>

#include "starter/add_connection.hpp"
#include "starter/starter_files.hpp"

namespace millrace {
namespace {

const std::vector<Question>& questions() {
  static const std::vector<Question> all = {{"text", "?", Question::Type::text, ""},
                                            {"count", "?", Question::Type::number, ""},
                                            {"key", "?", Question::Type::secret, ""}};
  return all;
}

std::string filled(std::string_view text, const Answers& answers, Braces braces = Braces::evaluated) {
  const auto made = fill(text, questions(), answers, braces);
  return made ? *made : "error: " + made.error().message;
}

std::string with(std::string_view text) {
  const auto made = with_connection(text, "mail", "plugin: notify\nbase_url: \"smtp://x\"\n");
  return made ? *made : "error: " + made.error().message;
}

TEST_SUITE_BEGIN("starter");

TEST_CASE("each template can be read") {
  std::size_t count = 0;
  for (const EmbeddedFile& file : starter_files()) {
    if (!file.name.starts_with("workflows/") || file.name.ends_with(".test.yaml")) continue;
    const auto read = read_template(std::string(file.name), file.text, "");
    CHECK_MESSAGE(read, file.name << ": " << (read ? "" : read.error().message));
    ++count;
  }
  CHECK(count == workflow_templates().size());
}

TEST_CASE("a place is the whole of a value, and what is answered stays one") {
  CHECK(
      filled("a: <text>   # <text>\nb: [<count>, 'x <text>', \"<text>\"]\n", {{"text", "x: y # z"}, {"count", "5"}}) ==
      "a: \"x: y # z\"   # <text>\nb: [5, 'x <text>', \"<text>\"]\n");
  CHECK(filled("a: <text>\n", {{"text", "<count>"}, {"count", "5"}}) == "a: \"<count>\"\n");
  CHECK(filled("a: <text>\n", {{"text", "one\n\"two\" \\"}}) == "a: \"one\\n\\\"two\\\" \\\\\"\n");
  CHECK(filled("a: <text>\n", {{"text", "${{ event }}"}}) == "a: \"${{ \\\"${{ event }}\\\" }}\"\n");
  CHECK(filled("a: <text>\n", {{"text", "${{ event }}"}}, Braces::kept) == "a: \"${{ event }}\"\n");
  CHECK(filled("a: <key>\n", {{"key", "slack"}}) == "a: \"secret:slack\"\n");
}

TEST_CASE("what is missing, or does not fit its question, is said") {
  CHECK(filled("a: <text>\n", {}) == "error: \"text\" was not answered");
  CHECK(filled("a: <other>\n", {{"other", "x"}}) == "error: nothing is asked that is called \"other\"");
  CHECK(filled("a: <count>\n", {{"count", "5 # five"}}) == "error: count: a whole number is needed, such as 5");
  CHECK(filled("a: <key>\n", {{"key", "secret:x"}}).starts_with("error: key: the name of a secret"));
}

TEST_CASE("a connection is put behind the others, as they are indented, and nothing else is touched") {
  CHECK(with("version: 1\n") == "version: 1\nconnections:\n  mail:\n    plugin: notify\n    base_url: \"smtp://x\"\n");
  CHECK(with("connections:\n   a: {plugin: b}   # c\n\n# end\nversion: 1") ==
        "connections:\n   a: {plugin: b}   # c\n   mail:\n      plugin: notify\n      base_url: \"smtp://x\"\n\n# "
        "end\nversion: 1\n");
  CHECK(with("connections:\n  a:\n    plugin: b\n    # its last\n  # of all\n") ==
        "connections:\n  a:\n    plugin: b\n    # its last\n  # of all\n  mail:\n    plugin: notify\n    base_url: "
        "\"smtp://x\"\n");
  CHECK(with("connections:\nversion: 1\n") ==
        "connections:\n  mail:\n    plugin: notify\n    base_url: \"smtp://x\"\nversion: 1\n");
  CHECK(with("connections:\r\n  a: {plugin: b}\r\n") ==
        "connections:\r\n  a: {plugin: b}\r\n  mail:\r\n    plugin: notify\r\n    base_url: \"smtp://x\"\r\n");
  for (const char* text : {"connections: {}\n", "connections: {a: {plugin: b}}\n", "- a\n", "a: [\n"})
    CHECK(with(text) == "error: millrace.yaml has to be changed by hand");
}

TEST_SUITE_END();

}  // namespace
}  // namespace millrace
