#include <doctest/doctest.h>

#include "plugin/reports_bench.hpp"

using namespace millrace;
using test::holds;
using test::Reports;

TEST_SUITE_BEGIN("plugin");

namespace {

constexpr const char* described = R"({
  "title": "The <week>", "period": {"from": "2026-09-14", "to": "2026-09-20"}, "brand": {"name": "Acme & Co", "colour": "#ffd23d"},
  "locale": "de-DE", "run": "01K9",
  "sections": [{"heading": "In short", "figures": {"likes": 1162.0, "rate": 0.05}, "before": {"likes": 1000}, "shares": ["rate"]},
               {"text": "One.\nTwo."},
               {"heading": "=Names", "rows": [{"name": "<b>", "n": 3}], "chart": "bars", "along": "name", "of": "n"},
               {"heading": "All", "columns": {"Tag": "name", "Kontakte": "n"}, "total": {"n": 3002.5},
                "rows": [{"name": "=1+1", "n": 2.5, "run": "01A"}, {"name": "<script>", "n": 3000.0, "run": "01B", "more": 1}]}]})";

}  // namespace

TEST_CASE("a description makes a page that needs nothing but itself") {
  Reports reports;
  reports.paper.at_location = "Main Street";
  const std::string page = reports.write("html", described);
  for (const char* part :
       {"<html lang=\"de-DE\">", "<h1>The &lt;week&gt;</h1>", "<p>Acme &amp; Co</p>",
        "14. September 2026 bis 20. September 2026",
        "<li>Likes: 1.162, 16,2\u00A0% mehr als im Zeitraum davor (1.000).</li>", "<li>Rate: 5,00\u00A0%.</li>",
        "Main Street · Erstellt ", "<b>▲ +16,2\u00A0%</b>", "<p>One.</p>\n<p>Two.</p>",
        "<img alt=\"N: &lt;b&gt; 3\" src=\"data:image/svg+xml;base64,",
        "<td>=1+1</td><td class=\"n\">2,5</td><td class=\"n\"><a href=\"#run-2\">[2]</a></td>",
        "<td>&lt;script&gt;</td><td class=\"n\">3.000,0</td>", "<tfoot><tr><td>Gesamt</td><td class=\"n\">3.002,5</td>",
        "<li id=\"run-1\">01K9</li>\n<li id=\"run-2\">01A</li>\n<li id=\"run-3\">01B</li>", "default-src 'none'"})
    CHECK_MESSAGE(holds(page, part), part);
  for (const char* part : {"<script", "<b>;", "http:", "https:", "url(", "@import", "more"})
    CHECK_MESSAGE(!holds(page, part), part);
  CHECK(holds(reports.output, R"("rows":2,"warnings":[])"));
}

TEST_CASE("the same page has the same bytes, its drawings among them") {
  Reports reports;
  const std::string first = reports.write("html", described);
  reports.write("pdf", described);
  CHECK(reports.write("html", described) == first);
}

TEST_CASE("a page without a chart needs no drawing, and says that there is nothing where there is nothing") {
  Reports reports;
  const std::string page =
      reports.write("html", R"({"sections": [{"rows": []}, {"rows": [], "chart": "lines", "along": "a", "of": "b"}]})");
  CHECK(holds(page, "<p>There are no rows.</p>"));
  CHECK(holds(page, "<p>There is nothing to draw.</p>"));
  CHECK_FALSE(holds(page, "<img"));
}

TEST_CASE("a description makes a spreadsheet of plain numbers, each with the run that it comes from") {
  Reports reports;
  CHECK(
      reports.write("csv", described) ==
      "The <week>\r\nAcme & Co\r\n14. September 2026 bis 20. September 2026\r\n"
      "\r\nIn short\r\nfigure,value,before,change in percent,run\r\nLikes,1162.0,1000,16.2,01K9\r\nRate,0.05,,,01K9\r\n"
      "\r\n\"One.\nTwo.\"\r\n"
      "\r\n'=Names\r\nName,N,run\r\n<b>,3,01K9\r\n"
      "\r\nAll\r\nTag,Kontakte,run\r\n'=1+1,2.5,01A\r\n<script>,3000.0,01B\r\nGesamt,3002.5,01K9\r\n");
}

TEST_CASE("a description as JSON is what it was made of, with the time at which it was") {
  Reports reports;
  reports.paper.time = Timestamp{1'790'000'000, 0};
  const std::string json =
      reports.write("json", R"({"title": "t", "run": ["a"], "sections": [{"rows": [{"n": 1000}]}, {"text": "x"}]})");
  CHECK(json ==
        "{\n  \"made\": \"2026-09-21T14:13:20Z\",\n  \"title\": \"t\",\n  \"run\": [\"a\"],\n"
        "  \"sections\": [\n  {\"rows\": [{\"n\": 1000}]},\n  {\"text\": \"x\"}\n]\n}\n");
  CHECK(holds(reports.output, R"("rows":1)"));
  CHECK(reports.write("json", R"({"sections": []})") ==
        "{\n  \"made\": \"2026-09-21T14:13:20Z\",\n  \"sections\": []\n}\n");
}

TEST_CASE("figures are held against the period before only where they can be compared") {
  Reports reports;
  const std::string page = reports.write("html", R"({"sections": [
      {"figures": {"a": 3, "b": 3, "c": 3}, "before": {"a": 2, "b": 2, "c": 2}, "change": {"a": 50, "b": null}},
      {"figures": {"d": 3, "e": 3, "f": -1}, "before": {"d": 0, "e": 3, "f": -2}}]})");
  for (const char* part : {"<li>A: 3, 50.0% more than in the period before (2).</li>\n<li>B: 3.</li>\n<li>C: 3.</li>",
                           "<li>D: 3, 0 in the period before.</li>\n<li>E: 3, as much as in the period before.</li>",
                           "<li>F: \u22121, 50.0% more than in the period before (\u22122).</li>"})
    CHECK_MESSAGE(holds(page, part), page.substr(page.find("<ul"), 500));
}

TEST_CASE("what only a real run tells of a description is said so in each form") {
  Reports reports;
  for (const char* kind : {"csv", "html", "json", "pdf"}) {
    reports.write(kind, R"({"sections": [{"rows": {"$unknown": "the rows"}}, {"figures": {"a": {"$unknown": "x"}}}]})");
    CHECK_MESSAGE(holds(reports.output,
                        R"("bytes":{"$unknown":"the size of the file"},"rows":{"$unknown":"how many rows it has"})"),
                  kind);
    reports.write(kind, R"({"sections": {"$unknown": "all of it"}})");
    CHECK_MESSAGE(holds(reports.output, R"("rows":{"$unknown":"how many rows it has"})"), kind);
  }
  CHECK(holds(reports.write("html", R"({"sections": [{"figures": {"$unknown": "x"}}]})"),
              "<p>(known after the run)</p>"));
}

TEST_CASE("figures, their sentences, tables and charts show a number with the same decimals") {
  Reports reports;
  const std::string sections = R"("sections": [
      {"figures": {"revenue": 3703701.3000000003, "share": 0.3333333333333333, "tiny": 0.00000012345},
       "before": {"revenue": 0.30000000000000004}},
      {"rows": [{"sum": 0.30000000000000004}, {"sum": 1234.1}], "total": {"sum": 1234.3999999999999}},
      {"rows": [{"day": "Mon", "sum": 0.30000000000000004}], "chart": "bars", "along": "day", "of": "sum"}])";
  const std::string page = reports.write("html", R"({"locale": "de-DE", )" + sections + "}");
  for (const char* part :
       {"<li>Revenue: 3.703.701,3, ", "(0,3).</li>", "<dd class=\"value\">3.703.701,3</dd>", "zuvor 0,3",
        "<dd class=\"value\">0,333333</dd>", "<dd class=\"value\">0,000000123</dd>", "<td class=\"n\">0,3</td>",
        "<td class=\"n\">1.234,1</td>", "<td class=\"n\">1.234,4</td>", "Mon 0,3\""})
    CHECK_MESSAGE(holds(page, part), part);
  CHECK_FALSE(holds(page, "0000004"));
  const std::string sheet = reports.write("csv", R"({"for": "excel", )" + sections + "}");
  for (const char* part : {"Revenue,3703701.3,0.3,", "Share,0.333333,", "Tiny,0.000000123,"})
    CHECK_MESSAGE(holds(sheet, part), part);
}

TEST_CASE("a small number in a column gives the others no more than six decimals, and a total keeps its own") {
  Reports reports;
  const std::string column = R"({"rows": [{"n": 1234.5678901}, {"n": 0.00000123456}, {"n": -2}, {"n": 0.25}]})";
  const std::string page = reports.write("html", R"({"locale": "en-GB", "sections": [)" + column + R"(,
      {"rows": [{"n": 3}, {"n": 4}], "total": {"n": 3.5}}]})");
  for (const char* part : {"1,234.567890<", "0.00000123<", ">\u22122.000000<", ">0.250000<", ">3<", ">3.5<"})
    CHECK_MESSAGE(holds(page, part), part);
}

TEST_CASE("a page of rows is written for its reader as one of sections is, whichever of its words is given") {
  Reports reports;
  const std::string rows = R"("summary": {"sum": 1234.5}, "rows": [{"Tag": "2026-12-24", "Umsatz": 1234567.5}])";
  const auto page = [&](const std::string& words) { return reports.write("html", "{" + words + rows + "}"); };
  const std::string all = page(
      R"("locale": "de-DE", "period": {"from": "2026-12-01", "to": "2026-12-31"}, "brand": {"name": "Hafen Kaffee"}, )");
  for (const char* part :
       {"<html lang=\"de-DE\">", "<p>Hafen Kaffee</p>", "<p>1. Dezember 2026 bis 31. Dezember 2026</p>",
        "<li>Sum: 1.234,5.</li>", "<td>24.12.2026</td><td class=\"n\">1.234.567,5</td>"})
    CHECK_MESSAGE(holds(all, part), part);
  CHECK(holds(reports.output, R"("rows":1,"warnings":[])"));
  CHECK(holds(page(R"("locale": "fr", )"), "<html lang=\"fr-FR\">"));
  CHECK(holds(page(R"("brand": {"colour": "#ffd23d"}, )"), "--brand:#ffd23d"));
  CHECK(holds(page(R"("period": {"from": "2026-12-01"}, )"), "<p>1 December 2026</p>"));
  CHECK(holds(page(R"("run": "01K9", )"), "<li id=\"run-1\">01K9</li>"));
  CHECK(page(R"("locale": null, "brand": null, )") == page(""));
  CHECK(holds(page(""), "<td>2026-12-24</td><td>1234567.5</td>"));
}

TEST_SUITE_END();
