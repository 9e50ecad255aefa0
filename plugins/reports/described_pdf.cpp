#include "described.hpp"

#include <algorithm>

#include "chart.hpp"
#include "paper.hpp"
#include "paper_table.hpp"

namespace millrace::reports {

namespace {

constexpr double gap = 12;

class Book {
 public:
  Book(const Description& description, const LocalTimes& times)
      : description_(description), words_(description.locale->words), times_(times), paper_(description) {}

  Described write() {
    paper_.canvas().begin(Role::document);
    write_cover();
    for (const Section& section : description_.sections) write(section);
    write_runs();
    paper_.canvas().end(Role::document);
    pages_.content = paper_.finish();
    pages_.warnings = warnings_of(paper_.canvas().missing());
    return std::move(pages_);
  }

 private:
  void write_cover() {
    paper_.write_cover();
    for (const Section& section : description_.sections) {
      for (const Figure& figure : section.figures)
        paper_.write_paragraph(sentence(figure, *description_.locale), {12.5, false, ink}, 9);
    }
  }

  void write(const Section& section) {
    const bool drawn = section.kind == Section::Kind::lines || section.kind == Section::Kind::bars;
    const Chart chart = drawn ? read_chart(section, times_, runs_) : Chart();
    constexpr double heading = 30, beginning = 80;  // of whatever stands below it
    if (paper_.canvas().page_number() == 1) {
      paper_.next_page();
    } else {
      paper_.need(heading + (drawn && !chart.empty() ? height_of(chart) + 20 : beginning));
    }
    if (!section.heading.empty()) paper_.write_heading(section.heading);
    if (!section.known) {
      paper_.write_paragraph(unknown_text, body, 6);
      return;
    }
    switch (section.kind) {
      case Section::Kind::text:
        each_paragraph(section.text, [this](std::string_view text) { paper_.write_paragraph(text, body, 6); });
        break;
      case Section::Kind::figures:
        write_figures(section);
        break;
      case Section::Kind::table:
        write_table(section);
        break;
      case Section::Kind::lines:
      case Section::Kind::bars:
        write_chart(section, chart);
        break;
    }
  }

  void write_figures(const Section& section) {
    constexpr std::size_t beside = 3;
    const bool compared = std::any_of(section.figures.begin(), section.figures.end(),
                                      [](const Figure& figure) { return figure.before.kind != Cell::Kind::empty; });
    const double height = compared ? 78 : 62;
    const double width = (paper_.width() - gap * (beside - 1)) / beside;
    for (std::size_t at = 0; at < section.figures.size(); at += beside) {
      paper_.need(height);
      for (std::size_t number = at; number < std::min(at + beside, section.figures.size()); ++number) {
        const double left = paper_.left() + static_cast<double>(number - at) * (width + gap);
        write_card(section.figures[number], {left, paper_.y(), width, height});
      }
      paper_.skip(height + gap);
    }
    write_marks(runs_of(section, runs_));
  }

  void write_card(const Figure& figure, Box box) {
    Canvas& canvas = paper_.canvas();
    const Locale& locale = *description_.locale;
    const Colour brand = dark_enough(description_.brand.colour, 4.5);
    canvas.fill(box, tint(description_.brand.colour, 0.07), 4);
    const double x = box.x + 14, width = box.width - 28;
    canvas.begin(Role::paragraph);
    canvas.write(figure.label, {8.5, false, quiet_ink}, {x, box.y + 11}, {width});
    const bool none = figure.value.kind == Cell::Kind::empty;
    canvas.write(none ? "–" : shown(figure.value, locale, figure.share), {20, true, ink}, {x, box.y + 23}, {width});
    const double y = box.y + 54;
    double shift = 0;
    if (figure.change) {
      if (*figure.change != 0) draw_arrow({x, y + 3}, *figure.change > 0, brand);
      const Pen pen{8.5, true, brand};
      shift = 11 + canvas.write(locale.signed_percent(*figure.change), pen, {x + 11, y}, {width - 11}).width + 6;
    }
    if (figure.before.kind != Cell::Kind::empty) {
      const std::string before = filled(words_.before_in_short, {{'b', shown(figure.before, locale, figure.share)}});
      canvas.write(before, {7.5, false, quiet_ink}, {x + shift, y + 1}, {width - shift});
    }
    canvas.end(Role::paragraph);
  }

  void draw_arrow(Point corner, bool up, Colour colour) {
    constexpr double side = 7;
    const double base = corner.y + (up ? side : 0), tip = corner.y + (up ? 0 : side);
    paper_.canvas().polygon({{corner.x, base}, {corner.x + side, base}, {corner.x + side / 2, tip}}, colour);
  }

  void write_table(const Section& section) {
    Sheet sheet(section, times_, runs_);
    pages_.rows += sheet.notes().rows;
    if (!sheet.columns().empty()) PaperTable(paper_, sheet, runs_).write();
    if (sheet.notes().rows == 0) paper_.write_paragraph(words_.no_rows, body, 6);
    write_marks(sheet.rows_tell_runs() ? sheet.runs() : runs_of(section, runs_));
  }

  void write_chart(const Section& section, const Chart& chart) {
    if (chart.empty()) {
      paper_.write_paragraph(words_.nothing_to_draw, body, 6);
      return;
    }
    const double height = height_of(chart);
    paper_.need(height);
    paper_.canvas().begin(Role::figure);
    draw(paper_.canvas(), {paper_.left(), paper_.y(), paper_.width(), height}, chart, description_.brand,
         *description_.locale);
    paper_.canvas().end(Role::figure);
    paper_.skip(height + 8);
    if (chart.not_shown > 0) {
      const std::string count = description_.locale->number(std::to_string(chart.not_shown));
      paper_.write_paragraph(filled(words_.not_shown, {{'n', count}}), caption, 4);
    }
    write_marks(chart.runs.empty() ? runs_of(section, runs_) : chart.runs);
  }

  /// The runs that a section's numbers come from, as footnotes.
  void write_marks(const std::vector<int>& runs) {
    if (!runs.empty()) paper_.write_paragraph(std::string(words_.run) + " " + marks_of(runs), caption, 4);
    paper_.skip(gap);
  }

  void write_runs() {
    if (runs_.all().empty()) return;
    if (paper_.canvas().page_number() == 1) paper_.next_page();
    paper_.need(60);
    paper_.write_heading(words_.sources);
    for (std::size_t number = 0; number < runs_.all().size(); ++number)
      paper_.write_paragraph("[" + std::to_string(number + 1) + "]  " + runs_.all()[number], caption, 3);
  }

  const Description& description_;
  const Words& words_;
  const LocalTimes& times_;
  Paper paper_;
  Runs runs_;
  Described pages_;
};

}  // namespace

Described described_pdf(const Description& description, const LocalTimes& times) {
  return Book(description, times).write();
}

}  // namespace millrace::reports
