#include "workflow/file_pattern.hpp"

#include <doctest/doctest.h>

#include "workflow/case_findings.hpp"

using namespace millrace;

namespace {

bool means(const std::string& pattern, const std::string& path) {
  const auto read = FilePattern::parse(pattern);
  REQUIRE_MESSAGE(read, pattern);
  return read->matches(path);
}

std::string refusal(const std::string& pattern) {
  const auto read = FilePattern::parse(pattern);
  return read ? "" : read.error().message;
}

}  // namespace

TEST_SUITE_BEGIN("workflow");

TEST_CASE("a star stands for any part of a name, and never for a folder") {
  CHECK(means("inbox/*.csv", "inbox/a.csv"));
  CHECK(means("inbox/*.csv", "inbox/.csv") == false);
  CHECK(means("inbox/*.csv", "inbox/sub/a.csv") == false);
  CHECK(means("inbox/*.csv", "outbox/a.csv") == false);
  CHECK(means("*/in/*-*.csv", "shop/in/a-b-c.csv"));
  CHECK(means("inbox/", "inbox/a.csv"));
  CHECK(means("./inbox//*.csv", "inbox/a.csv"));
  CHECK(means("*.csv", "a.csv"));
  CHECK(means("orders.csv", "orders.csv"));
  CHECK(means("a*b*c.txt", "aXbYbZc.txt"));
  CHECK(means("a*b*c.txt", "aXbYbZ.txt") == false);
}

TEST_CASE("two stars stand for any number of folders, none included") {
  for (const char* path : {"inbox/a.csv", "inbox/x/a.csv", "inbox/x/y/z/a.csv"}) {
    CHECK(means("inbox/**/*.csv", path));
    CHECK(means("**/*.csv", path));
    CHECK(means("inbox/**", path));
    CHECK(means("inbox/**/**/*.csv", path));
  }
  CHECK(means("inbox/**/done/*.csv", "inbox/x/done/a.csv"));
  CHECK(means("inbox/**/done/*.csv", "inbox/done/a.csv"));
  CHECK(means("inbox/**/done/*.csv", "inbox/done/x/a.csv") == false);
  CHECK(means("inbox/**/*.csv", "other/a.csv") == false);
  CHECK(means("inbox/**/*.csv", "inbox/.hidden/a.csv") == false);
}

TEST_CASE("braces stand for either of what they hold, nested ones too") {
  for (const char* name : {"a.csv", "a.tsv"}) CHECK(means("*.{csv,tsv}", name));
  CHECK(means("*.{csv,tsv}", "a.txt") == false);
  CHECK(means("{in,out}/**/*.{c,t{s,a}}v", "out/x/a.tsv"));
  CHECK(means("{in,out}/**/*.{c,t{s,a}}v", "in/a.tav"));
  CHECK(means("{in,out}/**/*.{c,t{s,a}}v", "in/a.xv") == false);
  CHECK(means("report{,-final}.csv", "report.csv"));
  CHECK(means("report{,-final}.csv", "report-final.csv"));
  CHECK(means("{inbox,drop/new}/*.csv", "drop/new/a.csv"));
}

TEST_CASE("a question mark and a class stand for one character, however many bytes it has") {
  CHECK(means("?.csv", "ü.csv"));
  CHECK(means("??.csv", "ü.csv") == false);
  CHECK(means("20[0-9][0-9].csv", "2026.csv"));
  CHECK(means("20[0-9][0-9].csv", "20x6.csv") == false);
  CHECK(means("[!a-c]1.csv", "d1.csv"));
  CHECK(means("[!a-c]1.csv", "b1.csv") == false);
  CHECK(means("[äöü].csv", "ö.csv"));
  CHECK(means("[]x].csv", "].csv"));
  CHECK(means("[a-].csv", "-.csv"));
  CHECK(means("a[{]b.csv", "a{b.csv"));
}

TEST_CASE("hidden files and folders are meant only by a pattern that has the dot") {
  CHECK(means("*", ".a") == false);
  CHECK(means(".*", ".a"));
  CHECK(means("*/a", ".x/a") == false);
  CHECK(means(".x/*", ".x/a"));
}

TEST_CASE("a pattern that no file below the project can fit is refused with what to do") {
  for (const char* pattern : {"/data/*.csv", "~/inbox/*.csv", "../*.csv", "inbox/../../*.csv", "{/data,inbox}/*.csv"})
    CHECK_MESSAGE(refusal(pattern).find("link a folder") != std::string::npos, pattern);
  CHECK(refusal("C:\\inbox\\*.csv").find("separated by /") != std::string::npos);
  CHECK(refusal("inbox/[a-z.csv").find("the [ has no ]") != std::string::npos);
  CHECK(refusal("*.{csv,tsv").find("the { has no }") != std::string::npos);
  CHECK(refusal("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}").find("more than 100") != std::string::npos);
  CHECK(refusal("inbox/**.csv").find("\"**/*.csv\"") != std::string::npos);
}

TEST_CASE("check refuses what the service could never match") {
  for (const char* pattern : {"/data/*.csv", "../in/*.csv", "~/in/*.csv", "in/**.csv", "in/[a.csv", "in/*.{csv",
                              "state/*", "State/**/*", "{state/a,state/b}.txt", "./state/millrace.db-wal"}) {
    const auto findings = test::findings_in("version: 1\ntriggers:\n  - file: \"" + std::string(pattern) +
                                            "\"\nactions: {action: notes.write}\n");
    REQUIRE_MESSAGE(findings.size() == 1, pattern);
    CHECK(findings[0].rule == "wrong-pattern");
  }
  for (const char* pattern : {"inbox/**/*.csv", "*.{csv,tsv}", "inbox/", "in?/[a-z]*.csv", "orders.csv"}) {
    const auto findings = test::findings_in("version: 1\ntriggers:\n  - file: \"" + std::string(pattern) +
                                            "\"\nactions: {action: notes.write}\n");
    CHECK_MESSAGE(findings.empty(), pattern);
  }
}

TEST_CASE("what is known of a path's beginning tells whether a pattern can mean it") {
  const auto may = [](const char* pattern, const char* beginning) {
    return FilePattern::parse(pattern)->may_match(beginning);
  };
  CHECK(may("output/*.csv", "output/"));
  CHECK(may("output/reports/*.csv", "output/"));
  CHECK(may("output/**", "output/a/b"));
  CHECK(may("**/*.csv", "output/"));
  CHECK(may("inbox/*.csv", "output/") == false);
}

TEST_SUITE_END();
