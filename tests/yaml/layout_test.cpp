#include "yaml/layout.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

namespace millrace {
namespace {

std::shared_ptr<const SourceText> source_of(std::string text) {
  return std::make_shared<const SourceText>(SourceText{"x.yaml", std::move(text)});
}

std::string laid(const std::string& text) {
  const Layout layout = laid_out(source_of(text));
  if (!layout.text) return "refused: " + (layout.findings.empty() ? "" : layout.findings.front().message);
  const Layout again = laid_out(source_of(*layout.text));
  CHECK(again.text == layout.text);
  return *layout.text;
}

std::string letters_of(const std::string& text) {
  std::string found;
  for (const char c : text) {
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') found += c;
  }
  return found;
}

/// What holds whatever the file is: nothing but blanks is another, it reads the same, and once is enough.
void check_promise(const std::string& text) {
  const Layout layout = laid_out(source_of(text));
  INFO(text);
  if (!layout.text) {
    CHECK_FALSE(read_yaml(source_of(text)).findings.empty());  // none is left alone that can be read
    return;
  }
  INFO("became\n" << *layout.text);
  const YamlDocument before = read_yaml(source_of(text)), after = read_yaml(source_of(*layout.text));
  REQUIRE(before.root);
  REQUIRE(after.root);
  CHECK(same_tree(*before.root, *after.root));
  CHECK(letters_of(text) == letters_of(*layout.text));
  CHECK(laid_out(source_of(*layout.text)).text == layout.text);
}

TEST_SUITE_BEGIN("yaml");

TEST_CASE("what stands inside something is two blanks deeper, lists below their key too") {
  CHECK(laid("a:\n      b: 1\n      c:\n       - d\n       - e\n") == "a:\n  b: 1\n  c:\n    - d\n    - e\n");
  CHECK(laid("a:\n- b: 1\n  c: 2\n- d\nx: 1\n") == "a:\n  - b: 1\n    c: 2\n  - d\nx: 1\n");
  CHECK(laid("a:\n-   b: 1\n    c:\n    - 2\n-\n    d: 3\n") == "a:\n  - b: 1\n    c:\n      - 2\n  -\n    d: 3\n");
  CHECK(laid("a:\n - - 1\n   - 2\n -   -   b:   3\n         c: 4\n") ==
        "a:\n  - - 1\n    - 2\n  - - b: 3\n      c: 4\n");
  CHECK(laid("a:\n     text\nb:\n      - c:\n            text\n") == "a:\n  text\nb:\n  - c:\n      text\n");
}

TEST_CASE("a key that reads as nothing is a key like the others") {
  for (const std::string word : {"~", "null", "Null", "NULL"}) {
    const YamlDocument document = read_yaml(source_of(word + ": 1\na: {" + word + ": 2, b: 3}\n"));
    REQUIRE(document.root);
    REQUIRE(document.root->find(word));
    CHECK(document.root->find(word)->text == "1");
    CHECK(document.root->find("a")->find(word)->text == "2");
    CHECK(laid(word + ":     \n   - 1\nb:   2\n") == word + ":\n  - 1\nb: 2\n");
    CHECK(laid("a:\n    " + word + ":    1\n    b: " + word + "\n") == "a:\n  " + word + ": 1\n  b: " + word + "\n");
  }
}

TEST_CASE("blanks at line ends, more than one blank line, and other line ends go") {
  CHECK(laid("\n\na: 1   \n\n\n\nb:   2\t\n   \n\n") == "a: 1\n\nb: 2\n");
  CHECK(laid("\xEF\xBB\xBF"
             "a: 1\r\nb:\r\n- 2\r\n") == "a: 1\nb:\n  - 2\n");
  CHECK(laid("\uFEFF\uFEFFa: 1") == "a: 1\n");
  CHECK(laid("a: 1") == "a: 1\n");
}

TEST_CASE("comments stay where they belong, and what stands behind a value stays there") {
  CHECK(laid("# first\na:    # one\n# two\n- b   # three\n\n# four\n- c\n      # five\n# six\nd: 1\n# seven\n") ==
        "# first\na:    # one\n  # two\n  - b   # three\n\n  # four\n  - c\n  # five\n# six\nd: 1\n# seven\n");
  CHECK(laid("a:\n    # deeper\n    b: 1\n    # below\nc: 1\n") == "a:\n  # deeper\n  b: 1\n  # below\nc: 1\n");
  CHECK(laid("a:\n-   # behind a dash\n    b: 1\n") == "a:\n  -   # behind a dash\n    b: 1\n");
}

TEST_CASE("text over several lines is moved as a whole") {
  CHECK(laid("a:\n    b: |\n          one\n            two  \n\n          three\n\n\n    c: 1\n") ==
        "a:\n  b: |\n    one\n      two  \n\n    three\n\n  c: 1\n");
  CHECK(laid("a:\n- |2\n    two more\n  text\n- >-\n      folded\n      text\n") ==
        "a:\n  - |2\n      two more\n    text\n  - >-\n    folded\n    text\n");
  CHECK(laid("a: |+\n  text\n\n\n") == "a: |+\n  text\n\n\n");
  CHECK(laid("a:\n    b: |\n        one\n           \n   \n        two\n") ==
        "a:\n  b: |\n    one\n       \n\n    two\n");
  CHECK(laid("a:\n      b: \"one\\ \n        two\"\n") == "a:\n  b: \"one\\ \n    two\"\n");
  CHECK(laid("a: |\n  text") == "a: |\n  text");
  CHECK(laid("a:\n      b: \"one\n        two \\\n\n        three\"\n") ==
        "a:\n  b: \"one\n    two \\\n\n    three\"\n");
  CHECK(laid("a:\n      b: one\n       two\n      c: 1\n") == "a:\n  b: one\n   two\n  c: 1\n");
  CHECK(laid("a:\n- b: ${{ x\n     + y }}\n  c: 1\n") == "a:\n  - b: ${{ x\n       + y }}\n    c: 1\n");
}

TEST_CASE("brackets over several lines move with the line that they begin on") {
  CHECK(laid("a:\n     b: [1,\n         2, # two ]\n         {c: ']'}\n     ]\n     d: 1\n") ==
        "a:\n  b: [1,\n      2, # two ]\n      {c: ']'}\n  ]\n  d: 1\n");
}

TEST_CASE("a file that cannot be read is left alone, and its finding says why") {
  for (const char* text : {"a: [1\n", "a: 1\na: 2\n", "a: &x 1\n", "\ta: 1\n", "a: 1\n  b: 2\n", "- a\n", "",
                           "# only\n", "a: 1\n---\nb: 2\n", "a: \xFF\n"})
    CHECK_MESSAGE(laid(text).starts_with("refused: "), text);
}

/// Files of every shape, with odd indentation, out of a seed.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::string file() {
    made_.clear();
    map(0, 0);
    return made_;
  }

 private:
  unsigned up_to(unsigned most) { return std::uniform_int_distribution<unsigned>(0, most)(random_); }
  bool often() { return up_to(2) > 0; }
  std::string blanks(unsigned count) { return std::string(count, ' '); }
  std::string scalar() {
    static const char* const scalars[] = {"1",
                                          "true",
                                          "text",
                                          "'it''s'",
                                          "\"a \\\" b\"",
                                          "${{ a ? 'b' : 'c' }}",
                                          "[1, [2], {a: 'b, c'}]",
                                          "{}",
                                          "[]",
                                          "null",
                                          "a#b",
                                          "'# no'",
                                          "every monday at 09:00",
                                          "x in ['a']",
                                          "http://a/b:1",
                                          "- 3",
                                          "äöü ✓"};
    return scalars[up_to(16)];
  }
  void remark(unsigned column) {
    if (up_to(4) == 0) made_ += blanks(up_to(1) ? column : up_to(8)) + "# remark: " + scalar() + "\n";
    if (up_to(4) == 0) made_ += std::string(up_to(3) + 1, '\n');
  }
  void end_line() { made_ += (up_to(5) == 0 ? "   # behind" : "") + blanks(up_to(1) * 2) + "\n"; }

  void value(unsigned column, unsigned depth, bool list_beside) {
    const unsigned kind = depth > 4 ? 0 : up_to(6);
    const unsigned more = column + 1 + up_to(5);
    if (kind == 1) {
      end_line();
      map(more, depth + 1);
    } else if (kind == 2) {
      end_line();
      list(list_beside && often() ? column : more, depth + 1);
    } else if (kind == 3) {
      made_ += up_to(1) ? " |" : " >-";
      made_ +=
          "\n" + blanks(more) + "one: \"\n\n" + blanks(more + up_to(3)) + "# no remark  \n" + blanks(more) + "end\n";
    } else if (kind == 4) {
      made_ += " [a,\n" + blanks(more) + "{b: c}, # remark ]\n" + blanks(more) + "'d ]']";
      end_line();
    } else if (kind == 5) {
      made_ += " \"one\n\n" + blanks(more) + "two \\\n" + blanks(more) + "three\"";
      end_line();
    } else {
      made_ += blanks(1 + up_to(3)) + scalar();
      end_line();
    }
  }
  void map(unsigned column, unsigned depth, bool begun = false) {
    for (unsigned count = up_to(3) + 1, at = 0; at < count; ++at) {
      if (!begun || at > 0) {
        remark(column);
        made_ += blanks(column);
      }
      const std::string key = "key " + std::to_string(at);
      made_ += up_to(3) == 0 ? "'" + key + "':" : key + ":";
      value(column, depth, true);
    }
  }
  void list(unsigned column, unsigned depth) {
    for (unsigned count = up_to(3) + 1, at = 0; at < count; ++at) {
      remark(column);
      made_ += blanks(column) + "-";
      const unsigned gap = 1 + up_to(3);
      if (depth < 4 && up_to(2) == 0) {
        made_ += blanks(gap);
        map(column + 1 + gap, depth + 1, true);
      } else {
        value(column, depth, false);
      }
    }
  }

  std::mt19937 random_;
  std::string made_;
};

TEST_CASE(
    "whatever a file looks like, it reads the same when it is laid out, with all its comments, and once is enough") {
  const unsigned count = 3000;
  unsigned laid_out_files = 0;
  for (unsigned seed = 1; seed <= count; ++seed) {
    const std::string text = Generator(seed).file();
    CAPTURE(seed);
    check_promise(text);
    if (laid_out(source_of(text)).text) ++laid_out_files;
  }
  MESSAGE(laid_out_files << " of " << count << " files could be read");
  CHECK(laid_out_files > 2500);
}

TEST_CASE("the files of the house are laid out already, or hold the promise where they are meant to be odd") {
  const std::filesystem::path top = std::filesystem::path(TEST_DATA).parent_path();
  std::size_t count = 0;
  for (const char* folder : {"workflows", "templates/project", "templates/workflows"}) {
    std::error_code missing;
    for (const auto& entry : std::filesystem::directory_iterator(top / folder, missing)) {
      if (entry.path().extension() != ".yaml") continue;
      std::ifstream file(entry.path());
      std::stringstream text;
      text << file.rdbuf();
      std::string whole = text.str();
      if (const std::size_t head = whole.find("\n---\n"); head != std::string::npos) {
        CHECK_MESSAGE(laid(whole.substr(0, head + 1)) == whole.substr(0, head + 1), entry.path().string());
        whole = whole.substr(head + 5);
      }
      CHECK_MESSAGE(laid(whole) == whole, entry.path().string());
      ++count;
    }
  }
  CHECK(count > 10);
}

TEST_SUITE_END();

}  // namespace
}  // namespace millrace
