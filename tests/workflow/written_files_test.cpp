#include <doctest/doctest.h>

#include <string>

#include "workflow/load.hpp"

using namespace millrace;

namespace {

/// The findings about files that are written twice, one a line: "4: message".
std::string overwritten(const std::string& text) {
  static const Catalog shipped = Catalog::load(std::string(TEST_BUILD) + "/../plugins", "");
  const auto source = std::make_shared<const SourceText>(SourceText{"flow.yaml", "version: 1\n" + text});
  const LoadedWorkflow loaded = load_workflow(source, shipped);
  REQUIRE(loaded.workflow);
  std::string all;
  for (const Finding& one : check_workflow(*loaded.workflow, shipped, nullptr)) {
    if (one.rule == "overwritten-file") all += std::to_string(one.at.line) + ": " + one.message + "\n";
  }
  return all;
}

std::string writes(const std::string& file, const std::string& more = "") {
  return "{action: files.write, with: {file: \"" + file + "\", text: x" + more + "}}";
}

bool warned(const std::string& text, const std::string& part) {
  return overwritten(text).find(part) != std::string::npos;
}

const std::string two = "locations: [loc_a, loc_b]\nvars: {a: 1}\n";

}  // namespace

TEST_SUITE_BEGIN("workflow");

TEST_CASE("a file that each location writes is a warning, unless its name or a condition tells locations apart") {
  for (const char* file : {"report.csv", "week-${{ today.date }}.csv", "${{ event.id }}-${{ vars.a }}.csv"}) {
    CAPTURE(file);
    CHECK(warned(two + "actions: [" + writes(file) + "]\n", "each location writes this file"));
    CHECK(overwritten("actions: [" + writes(file) + "]\n").empty());
    CHECK(overwritten("locations: [loc_a]\nactions: [" + writes(file) + "]\n").empty());
    CHECK(overwritten(two + "actions: [" + writes(file, ", overwrite: true") + "]\n").empty());
  }
  for (const char* file :
       {"${{ run.location }}.csv", "${{ run.id }}", "week/${{ run.location }}/${{ today.date }}.csv"})
    CHECK(overwritten(two + "actions: [" + writes(file) + "]\n").empty());
  CHECK(overwritten(two + "actions: [{if: run.location == 'loc_a', then: [" + writes("a") + "]}]\n").empty());
  CHECK(warned(two + "actions: [{action: reports.csv, with: {file: a.csv, rows: '[]'}}]\n", "each location"));
  CHECK(warned(two + "actions: []\nalways: [" + writes("a") + "]\n", "each location"));
}

TEST_CASE("a file that each round of a loop writes is a warning, unless its name or a condition tells rounds apart") {
  const auto loop = [](const std::string& step) { return "actions: [{for_each: '[1, 2]', do: [" + step + "]}]\n"; };
  CHECK(warned(loop(writes("a")), "each round of the loop"));
  CHECK(warned(loop(writes("${{ today.date }}")), "each round of the loop"));
  CHECK(overwritten(loop(writes("${{ item }}.txt"))).empty());
  CHECK(overwritten(loop("{id: one, set: {n: item}}, " + writes("${{ one.n }}"))).empty());
  CHECK(overwritten(loop("{if: item == 1, then: [" + writes("a") + "]}")).empty());
  CHECK(overwritten(loop(writes("a", ", overwrite: true"))).empty());
  CHECK(warned("actions: [{repeat: [" + writes("a") + "], until: true}]\n", "each round of the loop"));
  // What handles the failure of the whole loop runs once.
  CHECK(overwritten("actions: [{for_each: '[1, 2]', do: [{set: {n: item}}], on_error: [" + writes("a") + "]}]\n")
            .empty());
}

TEST_CASE("two steps that write one file are a warning, unless only one of them can") {
  CHECK(
      overwritten("actions:\n  - " + writes("a") + "\n  - " + writes("a") + "\n") ==
      "4: the step in line 3 writes this file already, and what it holds would be lost: give one of them another name, "
      "or say overwrite: true\n");
  CHECK(warned("actions: [" + writes("a") + ", {do: [" + writes("a") + "]}]\n", "writes this file already"));
  CHECK(warned("actions: [{parallel: [[" + writes("a") + "], [" + writes("a") + "]]}]\n", "writes this file already"));
  CHECK(overwritten("actions: [" + writes("a") + ", " + writes("b") + "]\n").empty());
  CHECK(overwritten("actions: [{if: true, then: [" + writes("a") + "], else: [" + writes("a") + "]}]\n").empty());
  CHECK(overwritten("actions: [" + writes("a") + "]\non_failure: [" + writes("a") + "]\n").empty());
}

TEST_SUITE_END();
