#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "yaml/prepare.hpp"
#include "yaml/yaml.hpp"

using namespace millrace;

namespace {

/// What stands for blanks in files that went through editors and web pages, and what it is read as.
struct Letter {
  std::string_view written, read;
};
constexpr std::array<Letter, 5> letters = {
    {{" ", " "}, {"\t", "  "}, {"\u00A0", " "}, {"\u3000", " "}, {"\u200B", " "}}};

struct Mix {
  std::string written, read;
};

/// Every row of up to `most` such letters.
std::vector<Mix> mixes(std::size_t most) {
  std::vector<Mix> all = {{}};
  for (std::size_t from = 0, length = 0; length < most; ++length) {
    const std::size_t upto = all.size();
    for (; from < upto; ++from) {
      for (const Letter& letter : letters)
        all.push_back({all[from].written + std::string(letter.written), all[from].read + std::string(letter.read)});
    }
  }
  return all;
}

/// The text as the parser gets it; or, where a place in it does not lead back to its character, which.
std::string prepared(const std::string& text) {
  const PreparedText made = prepare(SourceLines(std::make_shared<const SourceText>(SourceText{"a.yaml", text})));
  std::size_t last = 0;
  for (std::size_t at = 0; at < made.text.size(); ++at) {
    const std::size_t there = made.source_offset(at);
    const bool word = made.text[at] > ' ' && made.text[at] < '~';
    if (there < last || (word && text.substr(there, 1) != made.text.substr(at, 1)))
      return "byte " + std::to_string(at) + " leads to byte " + std::to_string(there);
    last = there;
  }
  return made.text;
}

}  // namespace

TEST_SUITE_BEGIN("yaml");

TEST_CASE("tabs and letters that look like blanks are read as blanks, in whatever order they stand") {
  for (const Mix& mix : mixes(4)) {
    CAPTURE(mix.written);
    CHECK(prepared("a:\n" + mix.written + "b: 1\n") == "a:\n" + mix.read + "b: 1\n");
  }
}

TEST_CASE("the same in several lines, and behind keys") {
  for (const Mix& mix : mixes(2)) {
    for (const Mix& other : mixes(2)) {
      CAPTURE(mix.written);
      CAPTURE(other.written);
      const std::string text = "a:\n" + mix.written + "b:\n" + other.written + "c:\n" + mix.written + "d: 3\n";
      CHECK(prepared(text) == "a:\n" + mix.read + "b:\n" + other.read + "c:\n" + mix.read + "d: 3\n");
    }
    const std::string behind = prepared("a:\n" + mix.written + "b:\u00A01\n" + mix.written + "c:\u00A02\n");
    CHECK(behind == "a:\n" + mix.read + "b: 1\n" + mix.read + "c: 2\n");
  }
}

TEST_CASE("brackets that stand too deep are refused before a parser sees them, with the first that does") {
  const auto first_too_deep = [](const std::string& before, const std::string& bracket) {
    std::string text = before;
    for (std::size_t at = 0; at < 10 * deepest; ++at) text += bracket;
    const SourceLines lines(std::make_shared<const SourceText>(SourceText{"a.yaml", text}));
    const PreparedText result = prepare(lines);
    REQUIRE(result.findings.size() == 1);
    CHECK(result.too_deep);
    CHECK(result.findings[0].rule == "too-deep");
    return result.findings[0].at.column - 1 - static_cast<int>(before.size());
  };
  for (const std::string before : {"", "a: ", "- ", "--- ", "- a: ", "\"a\": "}) {
    CAPTURE(before);
    CHECK(first_too_deep(before, "[") == deepest);
    CHECK(first_too_deep(before, "[[b, ") == deepest / 2 * 5);
    CHECK(first_too_deep(before, "{a: ") == deepest * 4);
  }
  const std::string most = std::string(deepest, '[') + std::string(deepest, ']');
  CHECK(prepared("a: " + most + "\nb: '" + std::string(100, '[') + "'\n") ==
        "a: " + most + "\nb: '" + std::string(100, '[') + "'\n");
}

TEST_CASE("every letter of a block's text stands in the source where it is said to, whatever header and lines it has") {
  const std::vector<std::string> lines = {"",          "     ",    "     a b",  "      cd  e",
                                          "        f", "     g\t", "       \th"};
  std::size_t seen = 0;
  for (const char* before : {"a: ", "a:\n  b: ", "a:\n  - ", "a:\n  - b: ", "- - "}) {
    for (const char* header : {"|", ">", "|1", ">1", "|2-", ">+2", "|-1 # c", ">4"}) {
      for (std::size_t chosen = 0; chosen < lines.size() * lines.size() * lines.size(); ++chosen) {
        std::string text = std::string(before) + header + "\n";
        for (std::size_t rest = chosen, line = 0; line < 3; ++line, rest /= lines.size())
          text += lines[rest % lines.size()] + "\n";
        CAPTURE(text);
        const YamlDocument document = read_yaml(std::make_shared<const SourceText>(SourceText{"a.yaml", text}));
        if (!document.root || !document.findings.empty()) continue;
        const Node* node = &*document.root;
        while (!node->is_scalar()) node = node->is_list() ? &node->items.front() : &node->members.front().value;
        for (std::size_t at = 0; at < node->text.size(); ++at) {
          if (node->text[at] < 'a') continue;
          REQUIRE(text[document.source_offset(*node, at)] == node->text[at]);
          ++seen;
        }
      }
    }
  }
  CHECK(seen > 10000);
}

TEST_CASE("a text in brackets may hold whatever does not end it, question marks and lonely parentheses, too") {
  for (const char sign : std::string("!$%()*+-./;<=>?@\\^_`|~&")) {
    for (const std::string& text :
         {std::string("a") + sign + "b", std::string("a") + sign, std::string("a ") + sign + " b",
          std::string("https://a.example/b") + sign + "c=d", std::string("a") + sign + sign}) {
      for (const auto& [before, behind] : {std::pair("{x: ", "}"), std::pair("{x: ", ", y: 1}"), std::pair("[", "]"),
                                           std::pair("[", ", 2]"), std::pair("[", ",\n 2]")}) {
        CAPTURE(before + text + behind);
        const YamlDocument document = read_yaml(
            std::make_shared<const SourceText>(SourceText{"a.yaml", "k: " + (before + text) + behind + "\n"}));
        CHECK(document.findings.empty());
        REQUIRE(document.root);
        const Node& value = document.root->members.at(0).value;
        CHECK((value.is_list() ? value.items.at(0) : value.members.at(0).value).text == text);
        CHECK(value.items.size() + value.members.size() == (std::string(behind).size() > 1 ? 2 : 1));
      }
    }
  }
}

TEST_CASE("brackets and braces in any row are read or refused, wherever they begin") {
  constexpr std::string_view signs = "{}[],:#- x";
  std::vector<std::string> rows = {""};
  for (std::size_t from = 0, length = 0; length < 4; ++length) {
    const std::size_t upto = rows.size();
    for (; from < upto; ++from) {
      for (const char sign : signs) rows.push_back(rows[from] + sign);
    }
  }
  std::size_t read = 0;
  for (const std::string place : {"", "--- ", "k: ", "- ", "k: [", "--- {", "... ", "--- {{"}) {
    for (const std::string& row : rows) {
      const YamlDocument document =
          read_yaml(std::make_shared<const SourceText>(SourceText{"a.yaml", place + row + "\nk: 1\n"}));
      CHECK((document.root || !document.findings.empty()));
      ++read;
    }
  }
  CHECK(read > 80'000);
}

TEST_SUITE_END();
