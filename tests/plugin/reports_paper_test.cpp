#include <doctest/doctest.h>

#include "crypto/base64.hpp"
#include "plugin/reports_bench.hpp"

using namespace millrace;
using test::holds;
using test::Reports;

TEST_SUITE_BEGIN("plugin");

namespace {

/// How many pages the sections take, behind the cover.
std::size_t pages_behind_cover(Reports& reports, const std::string& sections) {
  const std::string pdf = reports.write("pdf", R"({"sections": [)" + sections + "]}");
  std::size_t count = 0;
  for (std::size_t at = 0; (at = pdf.find("/Type /Page ", at)) != std::string::npos; ++at) ++count;
  return count - 1;
}

/// Rows with these members, each a number of ten digits.
std::string rows_of(const std::string& members, std::size_t count) {
  std::string row, rows;
  for (const char member : members) row += (row.empty() ? "\"" : ", \"") + std::string(1, member) + "\": 1234567890";
  for (std::size_t number = 0; number < count; ++number)
    rows += (number > 0 ? ", " : "") + std::string(R"({"name": "tag )") + std::to_string(number) + "\", " + row + "}";
  return "[" + rows + "]";
}

}  // namespace

TEST_CASE("bars that are higher than a page stand on as many as they need") {
  Reports reports;
  const auto pages = [&](std::size_t count, const std::string& of) {
    return pages_behind_cover(reports, R"({"heading": "Bars", "rows": )" + rows_of("abcdef", count) +
                                           R"(, "chart": "bars", "along": "name", "of": )" + of + "}");
  };
  CHECK(pages(24, R"(["a"])") == 1);
  CHECK(pages(24, R"(["a", "b", "c"])") == 2);
  CHECK(pages(24, R"(["a", "b", "c", "d", "e", "f"])") == 3);
  CHECK(pages(3, R"(["a", "b", "c", "d", "e", "f"])") == 1);
}

TEST_CASE("a paragraph of any length stands there whole") {
  Reports reports;
  const auto pages = [&](const std::string& words, std::size_t times) {
    std::string text;
    for (std::size_t number = 0; number < times; ++number) text += words;
    const std::size_t count = pages_behind_cover(reports, R"({"heading": "Words", "text": ")" + text + "\"}");
    CHECK_MESSAGE(!holds(reports.output, "had no room"), reports.output);
    return count;
  };
  CHECK(pages("word ", 300) == 1);
  CHECK(pages("word ", 3'000) >= 3);
  CHECK(pages("Wörter ", 3'000) >= 4);
  CHECK(pages("слово ", 2'000) >= 2);
  CHECK(pages("x", 20'000) >= 3);
}

TEST_CASE("a table that needs lying paper has its heading with it, and what follows it has its own paper") {
  Reports reports;
  const std::string wide = R"({"heading": "Wide", "rows": )" + rows_of("abcdefghij", 2) + "}",
                    narrow = R"({"heading": "Narrow", "rows": )" + rows_of("a", 2) + "}";
  CHECK(pages_behind_cover(reports, wide) == 1);
  CHECK(pages_behind_cover(reports, wide + ", " + wide) == 1);
  CHECK(pages_behind_cover(reports, wide + ", " + narrow) == 2);
  CHECK(pages_behind_cover(reports, narrow + ", " + wide) == 2);
}

TEST_CASE("a figure of any size stands on its card whole") {
  Reports reports;
  reports.write("pdf", R"({"sections": [{"figures": {"a": 1234567890, "b": 12345678901234, "c": 90092},
                          "before": {"a": 12345678901, "b": 1234567890123, "c": 1}, "change": {"a": 1, "b": -100, "c": 900}}]})");
  CHECK(holds(reports.output, "\"warnings\":[]"));
  reports.write("pdf",
                R"({"sections": [{"figures": {"a": 1}, "labels": {"a": "Likes and comments per impression"}}]})");
  CHECK(holds(reports.output, "\"warnings\":[]"));
}

TEST_CASE("a change is told also where the figure before is not") {
  Reports reports;
  const std::string page = reports.write(
      "html", R"({"sections": [{"figures": {"likes": 50, "posts": 4}, "change": {"likes": -25, "posts": null}}]})");
  CHECK(holds(page, "<li>Likes: 50 (\u221225.0%).</li>\n<li>Posts: 4.</li>"));
  CHECK(holds(page, "<dd class=\"trend\"><b>▼ \u221225.0%</b>"));
}

TEST_CASE("text that has no room for all of it is told") {
  Reports reports;
  const std::string cell(3'000, 'x');
  reports.write("pdf", R"({"sections": [{"rows": [{"a": ")" + cell + R"("}]}]})");
  CHECK_MESSAGE(holds(reports.output, "1 text had no room for all of it and ends with …: \\\"xxxx"), reports.output);
  reports.write("html", R"({"sections": [{"rows": [{"a": ")" + cell +
                            R"(", "b": 1}], "chart": "bars", "along": "a", "of": "b"}]})");
  CHECK(holds(reports.output, "1 text had no room for all of it"));
  reports.write("pdf", R"({"title": "A title of more than one line in the foot of a page, which stands there for )" +
                           std::string("everybody who has lost the cover") + R"(", "sections": [{"text": "x"}]})");
  CHECK_MESSAGE(holds(reports.output, "\"warnings\":[]"), reports.output);
}

TEST_CASE("a sentence keeps its direction whatever it begins with") {
  Reports reports;
  reports.paper.at_location = "مقهى";
  const std::string page =
      reports.write("html", R"({"sections": [{"figures": {"a": 2}, "before": {"a": 1}, "labels": {"a": "إعجابات"}}]})");
  CHECK(holds(page, "<li>\u200E\u2068إعجابات\u2069: 2, "));
  CHECK(holds(page, "\u200E\u2068مقهى\u2069 · Made "));
}

TEST_CASE("a logo that is no whole picture is refused in every form") {
  Reports reports;
  const std::string_view dot =
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
  const std::string whole = decode_base64(dot).value();
  std::string changed = whole, none = whole;
  changed[45] = static_cast<char>(changed[45] ^ 1);
  none[19] = 0;
  for (const char* kind : {"html", "pdf", "csv"}) {
    CAPTURE(kind);
    const auto write = [&](const std::string& logo) {
      reports.write(kind, R"({"sections": [], "brand": {"name": "H", "logo": ")" + encode_base64(logo) + "\"}}");
      return reports.output;
    };
    CHECK(holds(write(whole), "\"warnings\":[]"));
    for (const std::string& broken : {whole.substr(0, 40), whole.substr(0, whole.size() - 12), changed, none})
      CHECK_MESSAGE(holds(write(broken), "brand.logo: the PNG is broken; save the picture again"), reports.output);
  }
}

TEST_CASE("a period that ends before it begins is refused, and the first of a month is French in French") {
  Reports reports;
  reports.write("html", R"({"sections": [], "period": {"from": "2026-09-20", "to": "2026-09-01"}})");
  CHECK(holds(reports.output, "period: it ends on 2026-09-01, before it begins on 2026-09-20"));
  CHECK(
      holds(reports.write(
                "html", R"({"sections": [], "locale": "fr-FR", "period": {"from": "2026-09-01", "to": "2026-09-11"}})"),
            "1er septembre 2026 au 11 septembre 2026"));
}

TEST_SUITE_END();
