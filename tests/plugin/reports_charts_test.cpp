#include <doctest/doctest.h>

#include "crypto/base64.hpp"
#include "plugin/reports_bench.hpp"

using namespace millrace;
using test::holds;
using test::Reports;

TEST_SUITE_BEGIN("plugin");

namespace {

/// A section with a chart of these rows; `with` is the rest of it.
std::string chart_of(const std::string& rows, const std::string& with) {
  return R"({"sections": [{"heading": "Likes", "rows": )" + rows + ", " + with + "}]}";
}

/// What a page with that chart tells who does not see it; nothing where there is no picture.
std::string heard(Reports& reports, const std::string& rows, const std::string& with) {
  const std::string page = reports.write("html", chart_of(rows, with));
  constexpr std::string_view begin = "<img alt=\"";
  const std::size_t at = page.find(begin);
  return at == std::string::npos
             ? ""
             : page.substr(at + begin.size(), page.find('"', at + begin.size()) - at - begin.size());
}

/// The picture in the page that was written last.
std::string picture(const Reports& reports) {
  const std::string& page = reports.paper.content;
  constexpr std::string_view begin = "data:image/svg+xml;base64,";
  const std::size_t at = page.find(begin) + begin.size();
  return decode_base64(page.substr(at, page.find('"', at) - at)).value();
}

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++count;
  return count;
}

/// {"date": "2026-09-01", "likes": 1} and so on, on these days of September.
std::string days(const std::vector<int>& of_september) {
  std::string rows;
  for (const int day : of_september)
    rows += (rows.empty() ? "" : ", ") + std::string(R"({"date": "2026-09-)") + (day < 10 ? "0" : "") +
            std::to_string(day) + R"(", "likes": )" + std::to_string(day) + "}";
  return "[" + rows + "]";
}

constexpr const char* lines = R"("chart": "lines", "along": "date", "of": "likes")";

}  // namespace

TEST_CASE("rows of the same day and line are one value, their sum, and it is told") {
  Reports reports;
  CHECK(heard(reports, R"([{"date": "2026-09-01", "likes": 1, "of": "a"}, {"date": "2026-09-02", "likes": 2, "of": "a"},
                           {"date": "2026-09-01", "likes": 10, "of": "b"}, {"date": "2026-09-02", "likes": 20, "of": "b"}])",
              lines) == "Likes: 01/09/2026 11, 02/09/2026 22");
  CHECK(holds(reports.output, R"(the chart \"Likes\": several rows have the same date, and are added up)"));
  CHECK(heard(reports, R"([{"date": "2026-09-01", "p": "x", "likes": 1}, {"date": "2026-09-01", "p": "y", "likes": 3},
                           {"date": "2026-09-01", "p": "x", "likes": 5}])",
              R"("by": "p", )" + std::string(lines)) == "x: 01/09/2026 6; y: 01/09/2026 3");
  CHECK(holds(reports.output, "the same date and p, and are added up"));
  reports.write("pdf", chart_of(R"([{"date": "2026-09-01", "likes": 1}, {"date": "2026-09-01", "likes": 1}])", lines));
  CHECK(holds(reports.output, "are added up"));

  SUBCASE("but for shares, which have no sum") {
    CHECK(heard(reports, R"([{"date": "2026-09-01", "likes": 0.5}, {"date": "2026-09-01", "likes": 0.1},
                             {"date": "2026-09-02", "likes": 0.2}])",
                R"("shares": ["likes"], )" + std::string(lines)) == "Likes: 02/09/2026 20.0%");
    CHECK(holds(reports.output, "shares cannot be added up, so they are left out there"));
  }
  SUBCASE("and for bars, of which two may have the same name") {
    CHECK(heard(reports, R"([{"n": "a", "likes": 1}, {"n": "a", "likes": 2}])",
                R"("chart": "bars", "along": "n", "of": "likes")") == "Likes: a 1, a 2");
    CHECK(holds(reports.output, "\"warnings\":[]"));
  }
}

TEST_CASE("days, times and numbers stand in their order along a line, whatever order the rows have") {
  Reports reports;
  CHECK(heard(reports, R"([{"date": "2026-09-03", "likes": 3, "t": "x"}, {"date": "2026-09-01", "likes": 1, "t": "x"},
                           {"date": "2026-09-02", "likes": 9, "t": "y"}])",
              R"("by": "t", )" + std::string(lines)) == "x: 01/09/2026 1, 03/09/2026 3; y: 02/09/2026 9");
  CHECK(heard(reports, R"([{"date": 10, "likes": 3}, {"date": 9, "likes": 1}])", lines) == "Likes: 9 1, 10 3");
  CHECK(heard(reports,
              R"([{"date": "2026-09-01T10:00:00Z", "likes": 3}, {"date": "2026-09-01T09:00:00Z", "likes": 1}])",
              lines) == "Likes: 01/09/2026 09:00 1, 01/09/2026 10:00 3");
  CHECK(heard(reports, R"([{"date": "May", "likes": 3}, {"date": "April", "likes": 1}])", lines) ==
        "Likes: May 3, April 1");
}

TEST_CASE("days that lack are a gap of their width, and weeks are none") {
  Reports reports;
  const auto parts = [&](const std::vector<int>& of_september) {
    heard(reports, days(of_september), lines);
    const std::string svg = picture(reports);  // its style is written in either way
    return count_of(svg, "stroke-width:2;") + count_of(svg, "stroke-width=\"2\"");
  };
  CHECK(parts({1, 2, 3, 4, 5}) == 1);
  CHECK(parts({1, 2, 3, 5, 6}) == 2);
  CHECK(parts({1, 8, 15, 22, 29}) == 1);
  CHECK(parts({1, 8, 22, 29}) == 2);
}

TEST_CASE("nothing of a chart lies beyond its picture") {
  Reports reports;
  heard(reports, days({1, 2, 3, 4, 5, 6, 7, 8, 9}), lines);
  const std::string svg = picture(reports);
  constexpr std::string_view place = "href=\"#glyph";
  std::size_t letters = 0;
  for (std::size_t at = 0; (at = svg.find(place, at)) != std::string::npos; ++at, ++letters) {
    const double x = std::stod(svg.substr(svg.find(" x=\"", at) + 4, 20));
    CHECK(x >= 0);
    CHECK(x < 540);
  }
  CHECK(letters > 20);
}

TEST_CASE("of more lines than there is room for the largest are drawn, and it is said how many more there are") {
  Reports reports;
  std::string rows;
  for (int tag = 1; tag <= 9; ++tag)
    rows += (tag > 1 ? ", " : "") + std::string(R"({"date": "2026-09-01", "tag": "tag_)") + std::to_string(tag) +
            R"(", "likes": )" + std::to_string(tag) + "}";
  const std::string told = heard(reports, "[" + rows + "]", R"("by": "tag", )" + std::string(lines));
  CHECK(told.starts_with("tag_3: 01/09/2026 3; tag_4: "));
  CHECK(holds(told, "tag_9: 01/09/2026 9"));
  CHECK(holds(reports.paper.content, "<figcaption>2 more are not shown"));
}

TEST_CASE("groups of bars are counted by their places, not by their rows") {
  Reports reports;
  std::string rows;
  for (const char* platform : {"one", "two"})
    for (int n = 1; n <= 25; ++n)
      rows += (rows.empty() ? "" : ", ") + std::string(R"({"n": "n)") + std::to_string(n) + R"(", "p": ")" + platform +
              R"(", "likes": )" + std::to_string(n) + "}";
  const std::string told =
      heard(reports, "[" + rows + "]", R"("chart": "bars", "along": "n", "of": "likes", "by": "p")");
  CHECK(holds(told, "; two: n1 1, "));
  CHECK(holds(told, "n24 24"));
  CHECK(!holds(told, "n25"));
  CHECK(holds(reports.paper.content, "<figcaption>1 more"));
}

TEST_CASE("of places and groups of bars that have no room each are counted by themselves") {
  Reports reports;
  std::string rows;
  for (int n = 1; n <= 30; ++n)
    for (int group = 1; group <= 9; ++group)
      rows += (rows.empty() ? "" : ", ") + std::string(R"({"tag": "n)") + std::to_string(n) + R"(", "platform": "p)" +
              std::to_string(group) + R"(", "likes": 1})";
  heard(reports, "[" + rows + "]", R"("chart": "bars", "along": "tag", "of": "likes", "by": "platform")");
  CHECK(holds(reports.paper.content, "<figcaption>Tag: 6 more are not shown"));
  CHECK(holds(reports.paper.content, "<figcaption>Platform: 2 more are not shown"));
}

TEST_CASE("values that differ by the noise of calculation alone, or by more than a number holds, are drawn") {
  Reports reports;
  for (const char* pair : {"0.30000000000000004, 0.3", "100000000000000000, 100000000000000016",
                           "-0.3, -0.30000000000000004", "1e-320, 0", "123456789.1, 123456789.10000001"}) {
    CAPTURE(pair);
    const std::string both = pair, first = both.substr(0, both.find(',')), second = both.substr(both.find(',') + 2);
    const std::string rows =
        R"([{"date": "2026-09-01", "likes": )" + first + R"(}, {"date": "2026-09-02", "likes": )" + second + "}]";
    CHECK(!heard(reports, rows, lines).empty());
    CHECK(!holds(picture(reports), "nan"));
    reports.write("pdf", chart_of(rows, lines));
    CHECK(holds(reports.output, "\"warnings\":[]"));
  }
  heard(reports, R"([{"date": "2026-09-01", "likes": 1e308}, {"date": "2026-09-02", "likes": -1e308}])", lines);
  CHECK(holds(reports.output, R"(\"likes\" is no number that can be drawn in 2 rows)"));
  heard(reports, R"([{"date": 1, "likes": 1}, {"date": 1.0, "likes": 2}])", lines);
  CHECK(!holds(picture(reports), "nan"));
}

TEST_CASE("numbers in texts are drawn, and what a chart or a table is made of and no row has is told") {
  Reports reports;
  CHECK(heard(reports, R"([{"date": "2026-09-01", "likes": "12"}, {"date": "2026-09-02", "likes": "-1.5"},
                           {"date": "2026-09-03", "likes": ""}])",
              lines) == "Likes: 01/09/2026 12, 02/09/2026 \u22121.5");
  CHECK(holds(reports.output, "\"warnings\":[]"));
  heard(reports, R"([{"date": "2026-09-01", "likes": "many"}])", lines);
  CHECK(holds(reports.output, R"(the chart \"Likes\": \"likes\" is no number that can be drawn in 1 row)"));
  heard(reports, R"([{"date": "2026-09-01", "likes": 1}])",
        R"("chart": "lines", "along": "date", "of": ["like", "likes"])");
  CHECK(holds(reports.output, R"(no row has \"like\")"));
  for (const char* kind : {"html", "pdf", "csv"}) {
    CAPTURE(kind);
    reports.write(
        kind,
        R"({"sections": [{"heading": "H", "rows": [{"a": 1, "b": null}], "columns": {"A": "a", "B": "b", "C": "c"}}]})");
    CHECK(holds(reports.output, R"("warnings":["the table \"H\": no row has \"c\", so the column \"C\" is empty"])"));
    reports.write(kind, R"({"sections": [{"rows": [], "columns": {"C": "c"}}]})");
    CHECK(!holds(reports.output, "no row has"));
  }
}

TEST_CASE("shares and other figures do not stand on one axis of lines") {
  Reports reports;
  const std::string rows = R"([{"date": "2026-09-01", "rate": 0.5, "visits": 100}])";
  const std::string both = R"("along": "date", "of": ["rate", "visits"], "shares": ["rate"])";
  CHECK(heard(reports, rows, R"("chart": "lines", )" + both).empty());
  CHECK(holds(reports.output, R"(shares and "visits" cannot stand on one axis)"));
  CHECK(heard(reports, rows, R"("chart": "bars", )" + both) == "Rate: 01/09/2026 50.0%; Visits: 01/09/2026 100");
}

TEST_CASE("an hour that comes twice is two places, and each tells which it is") {
  Reports reports;
  reports.paper.in_zone = "Europe/Berlin";
  std::string rows;
  for (const char* hour : {"23", "00", "01", "02"})
    rows += (rows.empty() ? "" : ", ") + std::string(R"({"date": "2026-10-2)") + (hour[0] == '2' ? "4T" : "5T") + hour +
            R"(:00:00Z", "likes": 10})";
  CHECK(heard(reports, "[" + rows + "]", lines) == "Likes: 25/10/2026 01:00 10, 25/10/2026 03:00 10");
  CHECK(holds(reports.output, "\"warnings\":[]"));
  const std::string page = reports.write("html", R"({"sections": [{"rows": [)" + rows + "]}]}");
  for (const char* time : {"01:00", "02:00 +02:00", "02:00 +01:00", "03:00"})
    CHECK(holds(page, "<td>25/10/2026 " + std::string(time) + "</td>"));
}

TEST_CASE("a row that does not say whose it is has a line of its own, with a name") {
  Reports reports;
  CHECK(heard(reports,
              R"([{"date": "2026-09-01", "p": null, "likes": 1}, {"date": "2026-09-01", "p": "x", "likes": 2}])",
              R"("by": "p", )" + std::string(lines)) == "–: 01/09/2026 1; x: 01/09/2026 2");
}

TEST_CASE("what tells one line from the other is data, and stands there as it is") {
  Reports reports;
  CHECK(
      heard(
          reports,
          R"([{"date": "2026-09-01", "t": "vip_gold", "likes": 1}, {"date": "2026-09-01", "t": "vip gold", "likes": 2}])",
          R"("by": "t", )" + std::string(lines)) == "vip_gold: 01/09/2026 1; vip gold: 01/09/2026 2");
  CHECK(heard(reports, R"([{"date": "2026-09-01", "used_tags": 1}])",
              R"("chart": "lines", "along": "date", "of": "used_tags")") == "Used tags: 01/09/2026 1");
}

TEST_CASE("a chart without a number draws nothing, and a line without one is left out") {
  Reports reports;
  for (const char* value : {"null", "\"\"", "\"12 of 20\"", "true"}) {
    CAPTURE(value);
    CHECK(heard(reports, R"([{"date": "2026-09-01", "likes": )" + std::string(value) + "}]", lines).empty());
    CHECK(holds(reports.paper.content, "<p>There is nothing to draw.</p>"));
  }
  CHECK(heard(reports, R"([{"date": "2026-09-01", "likes": null, "posts": 1}])",
              R"("chart": "lines", "along": "date", "of": ["likes", "posts"])") == "Posts: 01/09/2026 1");
}

TEST_SUITE_END();
