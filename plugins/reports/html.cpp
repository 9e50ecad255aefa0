#include "html.hpp"

#include <algorithm>

#include "escaped.hpp"
#include "numbers.hpp"

namespace millrace::reports {

namespace {

constexpr std::string_view style =
    R"(:root{color-scheme:light dark;--ink:#1c2127;--quiet:#5c6773;--line:#d9dee3;--paper:#fff;--band:#f4f6f8}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ec;--quiet:#9aa5b1;--line:#39424c;--paper:#14181c;--band:#1d2329}}
*{box-sizing:border-box}
body{margin:0;padding:2rem clamp(1rem,4vw,3rem);background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
h1{margin:0;font-size:1.6rem;line-height:1.25}
.made{margin:.25rem 0 1.5rem;color:var(--quiet)}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(10rem,1fr));gap:.75rem;margin:0 0 1.5rem}
dl div{padding:.6rem .8rem;background:var(--band);border-radius:.4rem}
dt{color:var(--quiet);font-size:.85rem;overflow-wrap:anywhere}
dd{margin:0;font-size:1.25rem;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.table{overflow-x:auto}
table{border-collapse:collapse;min-width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.35rem .7rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
th{background:var(--band);white-space:nowrap}
td{white-space:pre-wrap;overflow-wrap:anywhere}
tbody tr:nth-child(even){background:var(--band)}
table.large{table-layout:fixed;width:100%}
@media print{:root{--ink:#000;--quiet:#444;--line:#bbb;--paper:#fff;--band:#fff}body{padding:0;font-size:10pt}.table{overflow:visible}thead{display:table-header-group}tr{break-inside:avoid}}
)";

/// From this many rows on, columns are as wide as each other, so that a browser need not measure every cell first.
constexpr std::size_t large_table = 2000;

/// What a column holds, as far as it decides on which side its cells stand.
struct ColumnContent {
  bool numbers = false, texts = false;
};

void append_value(std::string& out, const Cell& cell) {
  append_escaped(out, cell.kind == Cell::Kind::number ? readable_number(cell.text) : cell.text);
}

void append_head(std::string& out, const Heading& heading, const std::vector<ColumnContent>& sides) {
  out +=
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n<title>";
  append_escaped(out, heading.title);
  out += "</title>\n<style>\n";
  out += style;
  for (std::size_t place = 0; place < sides.size(); ++place) {
    if (!sides[place].numbers || sides[place].texts) continue;
    const std::string number = std::to_string(place + 1);
    out += "th:nth-child(" + number + "),td:nth-child(" + number + "){text-align:right}\n";
  }
  out += "</style>\n</head>\n<body>\n<h1>";
  append_escaped(out, heading.title);
  out += "</h1>\n<p class=\"made\">";
  for (std::size_t number = 0; number < heading.details.size(); ++number) {
    if (number > 0) out += " · ";
    append_escaped(out, heading.details[number]);
  }
  out += "</p>\n";
}

bool append_summary(std::string& out, std::string_view summary, const LocalTimes& times) {
  if (summary.empty()) return false;
  Columns columns;
  bool any = false;
  const std::string lone_row = "[" + std::string(summary) + "]";
  const TableNotes notes = read_rows(lone_row, columns, times, [&](const std::vector<Cell>& cells) {
    for (std::size_t place = 0; place < cells.size(); ++place) {
      out += any ? "" : "<dl>\n";
      any = true;
      out += "<div><dt>";
      append_escaped(out, columns.names()[place]);
      out += "</dt><dd>";
      if (cells[place].kind == Cell::Kind::empty) out += "–";
      append_value(out, cells[place]);
      out += "</dd></div>\n";
    }
  });
  if (any) out += "</dl>\n";
  return notes.unknown;
}

void append_table_row(std::string& out, const std::vector<Cell>& cells, std::size_t columns) {
  out += "<tr>";
  for (std::size_t place = 0; place < columns; ++place) {
    out += "<td>";
    if (place < cells.size()) append_value(out, cells[place]);
    out += "</td>";
  }
  out += "</tr>\n";
}

void note_sides(const std::vector<Cell>& cells, std::vector<ColumnContent>& sides) {
  if (sides.size() < cells.size()) sides.resize(cells.size());
  for (std::size_t place = 0; place < cells.size(); ++place) {
    const Cell::Kind kind = cells[place].kind;
    if (kind == Cell::Kind::number) sides[place].numbers = true;
    if (kind == Cell::Kind::text || kind == Cell::Kind::word) sides[place].texts = true;
  }
}

}  // namespace

std::string html(std::string_view rows, Columns columns, const Heading& heading, const LocalTimes& times,
                 TableNotes& notes) {
  std::vector<ColumnContent> sides;
  notes = read_rows(rows, columns, times, [&](const std::vector<Cell>& cells) { note_sides(cells, sides); });
  const std::size_t width = columns.names().size();
  std::string out;
  out.reserve(notes.text_bytes + notes.text_bytes / 16 + notes.rows * (width * 9 + 10) + 8000);
  append_head(out, heading, sides);
  const bool unknown_summary = append_summary(out, heading.summary, times);
  if (width > 0) {
    out += notes.rows >= large_table ? "<div class=\"table\"><table class=\"large\">" : "<div class=\"table\"><table>";
    out += "\n<thead><tr>";
    for (const std::string& name : columns.names()) {
      out += "<th scope=\"col\">";
      append_escaped(out, name);
      out += "</th>";
    }
    out += "</tr></thead>\n<tbody>\n";
    read_rows(rows, columns, times, [&](const std::vector<Cell>& cells) { append_table_row(out, cells, width); });
    out += "</tbody>\n</table></div>\n";
  }
  if (notes.rows == 0) out += "<p>There are no rows.</p>\n";
  out += "</body>\n</html>\n";
  notes.unknown = notes.unknown || unknown_summary;
  return out;
}

}  // namespace millrace::reports
