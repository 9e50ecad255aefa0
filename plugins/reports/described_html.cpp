#include <cmath>
#include <cstdio>
#include <utility>

#include "chart.hpp"
#include "described.hpp"
#include "escaped.hpp"
#include "paper.hpp"

namespace millrace::reports {

namespace {

constexpr std::string_view brand_style =
    R"(*{box-sizing:border-box}
body{margin:0;background:#fff;color:#1c2129;font:16px/1.55 "Noto Sans","Open Sans",system-ui,sans-serif}
header{padding:clamp(2rem,7vw,4.5rem) 0 2.5rem;background:var(--brand);color:var(--on-brand)}
header div{max-width:57rem;margin:0 auto;padding:0 1.5rem}
header img{display:block;max-height:3.5rem;max-width:12rem;margin-bottom:1rem;padding:.5rem;background:#fff;border-radius:.3rem}
header p{margin:0}
h1{margin:1.5rem 0 .4rem;font-size:clamp(1.8rem,4.5vw,2.7rem);line-height:1.15;overflow-wrap:anywhere}
main{max-width:57rem;margin:0 auto;padding:1.5rem 1.5rem 4rem}
.quiet,figcaption,dt,.runs{color:#5c6673;font-size:.85rem}
.summary{margin:1.5rem 0 0;padding:0;list-style:none;font-size:1.1rem}
.summary li{margin:.4rem 0}
h2{margin:3rem 0 .8rem;font-size:1.35rem;line-height:1.25;color:var(--brand-ink);overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:.9rem;margin:0}
dl div{padding:.9rem 1.1rem;background:var(--tint);border-radius:.4rem}
dd{margin:0;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
dd.value{font-size:1.9rem;font-weight:700;line-height:1.3}
dd.trend{font-size:.85rem;color:#5c6673}
a{color:inherit}
dd b{color:var(--brand-ink)}
figure{margin:0}
figure img{display:block;width:100%;height:auto}
.table{overflow-x:auto}
table{border-collapse:collapse;min-width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.45rem .6rem;border-bottom:1px solid #d9dee3;text-align:left;vertical-align:top}
th{color:#5c6673;white-space:nowrap;border-bottom:2px solid var(--brand-ink)}
td{white-space:pre-wrap;overflow-wrap:anywhere}
.n{text-align:right;white-space:nowrap}
tfoot td{font-weight:700;border-top:1.5px solid #1c2129;border-bottom:0}
@media print{header{-webkit-print-color-adjust:exact;print-color-adjust:exact}thead{display:table-header-group}tr,figure,dl div{break-inside:avoid}h2{break-after:avoid}.table{overflow:visible}}
)";

std::string css(Colour colour) {
  char text[8];
  const auto byte = [](double part) { return static_cast<unsigned>(std::lround(part * 255)) & 0xFFu; };
  std::snprintf(text, sizeof text, "#%02x%02x%02x", byte(colour.red), byte(colour.green), byte(colour.blue));
  return text;
}

class Page {
 public:
  Page(const Description& description, const LocalTimes& times)
      : description_(description), locale_(*description.locale), times_(times) {}

  Described write() {
    write_head();
    for (const Section& section : description_.sections) write(section);
    write_runs();
    out() += "</main>\n</body>\n</html>\n";
    for (std::string& warning : warnings_of(losses_)) file_.warnings.push_back(std::move(warning));
    return std::move(file_);
  }

 private:
  std::string& out() { return file_.content; }
  void put(std::string_view text) { append_escaped(out(), text); }
  void element(std::string_view name, std::string_view text) {
    out().append("<").append(name).append(">");
    put(text);
    out().append("</").append(name.substr(0, name.find(' '))).append(">\n");
  }

  void write_head() {
    const Brand& brand = description_.brand;
    out().append("<!DOCTYPE html>\n<html lang=\"").append(locale_.name);
    out() +=
        "\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
        "'none'; "
        "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"referrer\" content=\"no-referrer\">\n";
    element("title", description_.title);
    out() += "<style>\n:root{--brand:" + css(brand.colour) + ";--on-brand:" + css(ink_on(brand.colour)) +
             ";--brand-ink:" + css(dark_enough(brand.colour, 4.5)) + ";--tint:" + css(tint(brand.colour, 0.07)) + "}\n";
    out().append(brand_style).append("</style>\n</head>\n<body>\n<header><div>\n");
    if (!brand.logo.empty()) out() += "<img alt=\"\" src=\"" + data_url("image/png", brand.logo) + "\">\n";
    if (!brand.name.empty()) element("p", brand.name);
    element("h1", description_.title);
    if (const std::string period = description_.period(); !period.empty()) element("p", period);
    out() += "</div></header>\n<main>\n";
    element("p class=\"quiet\"", description_.made_where());
    bool any = false;
    for (const Section& section : description_.sections) {
      for (const Figure& figure : section.figures) {
        if (!std::exchange(any, true)) out() += "<ul class=\"summary\">\n";
        element("li", sentence(figure, locale_));
      }
    }
    if (any) out() += "</ul>\n";
  }

  void write(const Section& section) {
    out() += "<section>\n";
    if (!section.heading.empty()) element("h2", section.heading);
    if (!section.known) {
      element("p", unknown_text);
    } else if (section.kind == Section::Kind::text) {
      each_paragraph(section.text, [this](std::string_view paragraph) { element("p", paragraph); });
    } else if (section.kind == Section::Kind::figures) {
      write_figures(section);
    } else if (section.kind == Section::Kind::table) {
      write_table(section);
    } else {
      write_chart(section);
    }
    out() += "</section>\n";
  }

  void write_figures(const Section& section) {
    out() += "<dl>\n";
    for (const Figure& figure : section.figures) {
      out() += "<div>";
      element("dt", figure.label);
      const bool none = figure.value.kind == Cell::Kind::empty;
      element("dd class=\"value\"", none ? "–" : shown(figure.value, locale_, figure.share));
      if (figure.compared()) {
        out() += "<dd class=\"trend\">";
        if (figure.change) element("b", trend(*figure.change));
        if (figure.before.kind != Cell::Kind::empty)
          put(filled(locale_.words.before_in_short, {{'b', shown(figure.before, locale_, figure.share)}}));
        out() += "</dd>\n";
      }
      out() += "</div>\n";
    }
    out() += "</dl>\n";
    write_marks(runs_of(section, runs_));
  }

  std::string trend(double change) const {
    return (change > 0 ? "▲ " : change < 0 ? "▼ " : "") + locale_.signed_percent(change);
  }

  void write_table(const Section& section) {
    Sheet sheet(section, times_, runs_);
    file_.rows += sheet.notes().rows;
    for (std::string& warning : sheet.warnings()) file_.warnings.push_back(std::move(warning));
    const bool marked = sheet.rows_tell_runs() && sheet.runs().size() > 1;
    if (!sheet.columns().empty()) {
      out() += "<div class=\"table\"><table>\n<thead><tr>";
      for (const SheetColumn& column : sheet.columns())
        element(column.numbers ? "th scope=\"col\" class=\"n\"" : "th scope=\"col\"", column.heading);
      if (marked) element("th scope=\"col\" class=\"n\"", locale_.words.run);
      out() += "</tr></thead>\n<tbody>\n";
      sheet.read(runs_, [&](const std::vector<Cell>& cells, int run) {
        out() += "<tr>";
        for (const SheetColumn& column : sheet.columns()) write_cell(sheet, column, cells[column.place]);
        if (marked) out() += run == 0 ? "<td></td>" : "<td class=\"n\">" + link_to(run) + "</td>";
        out() += "</tr>\n";
      });
      out() += "</tbody>\n";
      write_total(sheet, marked);
      out() += "</table></div>\n";
    }
    if (sheet.notes().rows == 0) element("p", locale_.words.no_rows);
    write_marks(sheet.rows_tell_runs() ? sheet.runs() : runs_of(section, runs_));
  }

  void write_cell(const Sheet& sheet, const SheetColumn& column, const Cell& cell) {
    out() += column.numbers ? "<td class=\"n\">" : "<td>";
    put(sheet.text(column, cell, locale_));
    out() += "</td>";
  }

  void write_total(const Sheet& sheet, bool marked) {
    const std::vector<Cell> cells = sheet.totals(locale_);
    if (cells.empty()) return;
    out() += "<tfoot><tr>";
    for (std::size_t number = 0; number < cells.size(); ++number)
      write_cell(sheet, sheet.columns()[number], cells[number]);
    out() += marked ? "<td></td></tr></tfoot>\n" : "</tr></tfoot>\n";
  }

  void write_chart(const Section& section) {
    const Chart chart = read_chart(section, times_, runs_);
    file_.warnings.insert(file_.warnings.end(), chart.warnings.begin(), chart.warnings.end());
    if (chart.empty()) {
      element("p", locale_.words.nothing_to_draw);
      return;
    }
    constexpr double width = 540;
    const double height = height_of(chart);
    Canvas canvas = Canvas::svg({width, height}, locale_.name);
    draw(canvas, {0, 0, width, height}, chart, {0, chart.along.size()}, description_.brand, locale_);
    losses_.add(canvas.losses());
    // A picture of its own: what one drawing calls its letters, another one calls alike.
    out() += "<figure><img alt=\"";
    put(chart.told(locale_));
    out() += "\" src=\"" + data_url("image/svg+xml", canvas.finish()) + "\">\n";
    for (const std::string& sentence : chart.left_out(locale_)) element("figcaption", sentence);
    out() += "</figure>\n";
    write_marks(chart.runs.empty() ? runs_of(section, runs_) : chart.runs);
  }

  static std::string link_to(int run) {
    const std::string number = std::to_string(run);
    return "<a href=\"#run-" + number + "\">[" + number + "]</a>";
  }

  /// The runs that a section's numbers come from, as footnotes.
  void write_marks(const std::vector<int>& runs) {
    if (runs.empty()) return;
    out().append("<p class=\"runs\">").append(locale_.words.run);
    for (const int run : runs) out() += " " + link_to(run);
    out() += "</p>\n";
  }

  void write_runs() {
    if (runs_.all().empty()) return;
    out() += "<section>\n";
    element("h2", locale_.words.sources);
    out() += "<ol class=\"runs\">\n";
    for (std::size_t number = 0; number < runs_.all().size(); ++number)
      element("li id=\"run-" + std::to_string(number + 1) + "\"", runs_.all()[number]);
    out() += "</ol>\n</section>\n";
  }

  const Description& description_;
  const Locale& locale_;
  const LocalTimes& times_;
  Runs runs_;
  Losses losses_;
  Described file_;
};

}  // namespace

Described described_html(const Description& description, const LocalTimes& times) {
  return Page(description, times).write();
}

}  // namespace millrace::reports
