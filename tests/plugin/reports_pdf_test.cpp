#include <doctest/doctest.h>

#include "plugin/reports_bench.hpp"

using namespace millrace;
using test::holds;
using test::Reports;

TEST_SUITE_BEGIN("plugin");

namespace {

std::size_t pages_of(const std::string& pdf) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = pdf.find("/Type /Page ", at)) != std::string::npos; ++at) ++count;
  return count;
}

constexpr const char* week = R"({
  "title": "The week", "period": {"from": "2026-09-14", "to": "2026-09-20"}, "brand": {"name": "Acme", "colour": "#0a5"},
  "locale": "de-DE", "run": "01K9",
  "sections": [{"heading": "In short", "figures": {"likes": 162, "rate": 0.05}, "before": {"likes": 150}, "shares": ["rate"]},
               {"heading": "Words", "text": "One.\nTwo."},
               {"heading": "Likes", "rows": [{"date": "2026-09-19", "likes": 80}, {"date": "2026-09-20", "likes": null}],
                "chart": "lines", "along": "date", "of": "likes"},
               {"heading": "Names", "rows": [{"name": "a", "n": 3}, {"name": "b", "n": -2}], "chart": "bars",
                "along": "name", "of": ["n"]},
               {"heading": "All", "rows": [{"date": "2026-09-20", "likes": 82}], "total": {"likes": 162}}]})";

}  // namespace

TEST_CASE("the same report has the same bytes, whatever was drawn before it") {
  Reports reports;
  const std::string first = reports.write("pdf", week);
  CHECK(first.starts_with("%PDF-1."));
  CHECK(holds(reports.output, R"("rows":1,"warnings":[])"));
  reports.write("pdf", R"({"sections": [{"heading": "Другое", "text": "еще"}]})");
  CHECK(reports.write("pdf", week) == first);
  Reports others;
  CHECK(others.write("pdf", week) == first);
}

TEST_CASE("a PDF says its title and the run's time about itself, and is tagged and has bookmarks") {
  Reports reports;
  reports.paper.time = Timestamp{1'790'000'000, 0};
  const std::string pdf = reports.write("pdf", week);
  CHECK(holds(pdf, "/Title (The week)"));
  CHECK(holds(pdf, "/Author (Acme)"));
  CHECK(holds(pdf, "/CreationDate (20260921141320Z)"));
  CHECK(holds(pdf, "/Marked true"));
  for (const char* tag :
       {"/S /Document", "/S /H1", "/S /H2", "/S /P", "/S /Figure", "/S /Table", "/S /TR", "/S /TH", "/S /TD"})
    CHECK_MESSAGE(holds(pdf, tag), tag);
  for (const char* bookmark : {"In short", "Words", "Likes", "Names", "All"})
    CHECK_MESSAGE(holds(pdf, "/Title (" + std::string(bookmark) + ")"), bookmark);
}

TEST_CASE("a report over nothing is a report") {
  Reports reports;
  for (
      const char* nothing :
      {R"({"rows": []})", R"({"rows": [], "columns": ["a"]})", R"({"rows": [{}]})", R"({"rows": [null]})",
       R"({"sections": []})", R"({"sections": [{}]})", R"({"title": "", "sections": [{"figures": {}}]})",
       R"({"sections": [{"figures": {"a": null}, "before": {"a": null}, "change": {"a": null}}]})",
       R"({"sections": [{"rows": [], "chart": "lines", "along": "a", "of": "b"}]})",
       R"({"sections": [{"rows": [{"x": 1}], "chart": "bars", "along": "a", "of": "b"}]})",
       R"({"sections": [{"rows": [{"a": 1, "b": null}], "chart": "bars", "along": "a", "of": "b"}]})",
       R"({"sections": [{"rows": [{"a": 1, "b": 0}], "chart": "lines", "along": "a", "of": "b"}]})",
       R"({"sections": [{"rows": [{"a": 1, "b": 1e308}, {"a": 2, "b": -1e308}], "chart": "lines", "along": "a", "of": "b"}]})",
       R"({"sections": [{"rows": [], "total": {"a": 1}}]})"}) {
    CAPTURE(nothing);
    CHECK(pages_of(reports.write("pdf", nothing)) >= 1);
    CHECK(holds(reports.output, "\"file\":\"output/report\""));
  }
}

TEST_CASE("what stands in names is text, whatever it looks like") {
  Reports reports;
  for (const char* name :
       {"=SUM(A1:A9)", "<b>bold</b> &amp; <span size=\\\"90000\\\">", "/F1 12 Tf (x) Tj ET endstream endobj",
        "a) (b \\\\", "%PDF-1.7 %%EOF", "\\u202Eevil\\u202C", "\\u0000\\u0001\\u001b[2J\\u007f",
        "a\\nb\\r\\n\\tc\\u2028d", "page=9 dest='x'", "e\\u0301\\u0302\\u0303\\u0304\\u0305\\u0306\\u0307\\u0308",
        "مرحبا", "東京", "\\uFEFF", "\\uFFFF", "\\uFDD0", "\\uD83F\\uDFFE", "\\uDBFF\\uDFFF"}) {
    CAPTURE(std::string(name));
    const std::string said = "\"" + std::string(name) + "\"";
    const std::string rows = "[{\"name\": " + said + ", " + said + ": 1}]";
    const std::string pdf =
        reports.write("pdf", "{\"title\": " + said + ", \"brand\": {\"name\": " + said + "}, \"run\": " + said +
                                 ", \"sections\": [{\"heading\": " + said + ", \"rows\": " + rows +
                                 "}, {\"text\": " + said + "}, {\"figures\": {" + said + ": 1}}, {\"rows\": " + rows +
                                 ", \"chart\": \"bars\", \"along\": \"name\", \"of\": " + said + "}]}");
    CHECK_MESSAGE(pages_of(pdf) == 2, reports.output);
    CHECK(pdf.rfind("%%EOF") == pdf.size() - 6);
  }
}

TEST_CASE("a name of any length ends on its page") {
  Reports reports;
  const std::string longest(1'000'000, 'x');
  const std::string pdf =
      reports.write("pdf", "{\"title\": \"" + longest + "\", \"sections\": [{\"heading\": \"" + longest +
                               "\", \"rows\": [{\"" + longest + "\": \"" + longest + "\"}]}]}");
  CHECK(pages_of(pdf) <= 3);
}

TEST_CASE("what only a real run tells is said so in a plan") {
  Reports reports;
  reports.write("pdf",
                R"({"title": "t", "sections": [{"rows": {"$unknown": "the rows"}}, {"figures": {"$unknown": "x"}}]})");
  CHECK(
      reports.output ==
      R"({"file":"output/report","bytes":{"$unknown":"the size of the file"},"rows":{"$unknown":"how many rows it has"},"warnings":[]})");
  reports.write("pdf", R"({"title": {"$unknown": "a title"}, "sections": [{"rows": [{"a": 1}]}]})");
  CHECK(reports.output ==
        R"({"file":"output/report","bytes":{"$unknown":"the size of the file"},"rows":1,"warnings":[]})");
}

TEST_CASE("what no schema can refuse is refused in words") {
  Reports reports;
  const std::pair<const char*, const char*> wrong[] = {
      {R"({"rows": [], "sections": []})", "rows or of sections"},
      {R"({"sections": [], "locale": "tlh"})", "locale: \"tlh\" is not known"},
      {R"({"sections": [], "brand": {"colour": "red"}})", "brand.colour: \"red\" is no colour"},
      {R"({"sections": [], "period": {"from": "2026-02-31"}})", "period.from: \"2026-02-31\" is no day"},
      {R"({"sections": [{"rows": [], "chart": "bars"}]})", "a chart needs along and of"}};
  for (const auto& [input, words] : wrong) {
    reports.write("pdf", input);
    CHECK_MESSAGE(holds(reports.output, words), reports.output);
    CHECK(reports.paper.content == "(nothing was written)");
  }
}

TEST_CASE("letters that no font has are told") {
  Reports reports;
  reports.write("pdf", R"({"title": "\uE000\uE001", "sections": []})");  // for private use, so no font has them
  CHECK_MESSAGE(holds(reports.output, "letters are shown as boxes, because no font here has them"), reports.output);
}

TEST_SUITE_END();
