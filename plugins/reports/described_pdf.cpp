#include "described.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "chart.hpp"
#include "paper.hpp"
#include "paper_table.hpp"

namespace millrace::reports {

namespace {

constexpr double gap = 12, card_padding = 14;
constexpr Pen label_pen{8.5, false, quiet_ink};

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
    for (std::string& warning : warnings_of(paper_.canvas().losses())) pages_.warnings.push_back(std::move(warning));
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
    const bool listed = section.kind == Section::Kind::table && section.known;
    std::optional<Sheet> sheet;
    if (listed) sheet.emplace(section, times_, runs_);
    std::optional<PaperTable> table;
    if (sheet && !sheet->columns().empty()) table.emplace(paper_, *sheet, runs_);
    // A table stands on one kind of paper from its heading on.
    const bool other_paper = table && table->lies() != paper_.lies();
    if (table) paper_.turn(table->lies());
    if (paper_.canvas().page_number() == 1 || other_paper) {
      paper_.next_page();
    } else {
      constexpr double beginning = 80;  // of whatever stands below the heading
      const double heading = paper_.height_of_heading(section.heading);
      const double whole = heading + (chart.empty() ? 0 : height_of(chart));
      paper_.need(chart.empty() || whole > paper_.most_room() ? heading + beginning : whole);
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
        write_table(section, *sheet, table ? &*table : nullptr);
        break;
      case Section::Kind::lines:
      case Section::Kind::bars:
        write_chart(section, chart);
        break;
    }
  }

  void write_figures(const Section& section) {
    constexpr std::size_t beside = 3;
    const double width = (paper_.width() - gap * (beside - 1)) / beside;
    const bool compared =
        std::any_of(section.figures.begin(), section.figures.end(), [](const Figure& one) { return one.compared(); });
    for (std::size_t at = 0; at < section.figures.size(); at += beside) {
      const std::size_t end = std::min(at + beside, section.figures.size());
      double label = 0;
      for (std::size_t number = at; number < end; ++number)
        label =
            std::max(label, paper_.canvas().measure(section.figures[number].label, label_pen, label_fit(width)).height);
      const double height = label + (compared ? 66 : 50);
      paper_.need(height);
      for (std::size_t number = at; number < end; ++number) {
        const double left = paper_.left() + static_cast<double>(number - at) * (width + gap);
        write_card(section.figures[number], {left, paper_.y(), width, height}, label);
      }
      paper_.skip(height + gap);
    }
    write_marks(runs_of(section, runs_));
  }

  static Fit label_fit(double width) { return {width - 2 * card_padding, Side::left, 2}; }

  /// The pen with which all of a number stands in its place: one that is cut is another number.
  Pen fitting(const std::string& text, Pen pen, double width) {
    constexpr double smallest = 4, step = 0.5;
    while (pen.size > smallest && paper_.canvas().measure(text, pen).width > width) pen.size -= step;
    return pen;
  }

  void write_card(const Figure& figure, Box box, double label_height) {
    Canvas& canvas = paper_.canvas();
    const Locale& locale = *description_.locale;
    const Colour brand = dark_enough(description_.brand.colour, 4.5);
    canvas.fill(box, tint(description_.brand.colour, 0.07), 4);
    const double x = box.x + card_padding, width = box.width - 2 * card_padding;
    canvas.begin(Role::paragraph);
    canvas.write(figure.label, label_pen, {x, box.y + 11}, label_fit(box.width));
    const bool none = figure.value.kind == Cell::Kind::empty;
    const std::string value = none ? "–" : shown(figure.value, locale, figure.share);
    const Pen large{20, true, ink}, fits = fitting(value, large, width);
    canvas.write(value, fits, {x, box.y + 11 + label_height + (large.size - fits.size) * 0.7}, {width});
    const double y = box.y + label_height + 42;
    double shift = 0;
    if (figure.change) {
      if (*figure.change != 0) draw_arrow({x, y + 3}, *figure.change > 0, brand);
      const std::string change = locale.signed_percent(*figure.change);
      const bool alone = figure.before.kind == Cell::Kind::empty;
      const double room = (alone ? width : width / 2) - 11;
      shift = 11 + canvas.write(change, fitting(change, {8.5, true, brand}, room), {x + 11, y}, {room}).width + 6;
    }
    if (figure.before.kind != Cell::Kind::empty) {
      const std::string before = filled(words_.before_in_short, {{'b', shown(figure.before, locale, figure.share)}});
      canvas.write(before, fitting(before, {7.5, false, quiet_ink}, width - shift), {x + shift, y + 1},
                   {width - shift});
    }
    canvas.end(Role::paragraph);
  }

  void draw_arrow(Point corner, bool up, Colour colour) {
    constexpr double side = 7;
    const double base = corner.y + (up ? side : 0), tip = corner.y + (up ? 0 : side);
    paper_.canvas().polygon({{corner.x, base}, {corner.x + side, base}, {corner.x + side / 2, tip}}, colour);
  }

  void write_table(const Section& section, const Sheet& sheet, PaperTable* table) {
    pages_.rows += sheet.notes().rows;
    for (std::string& warning : sheet.warnings()) pages_.warnings.push_back(std::move(warning));
    if (table != nullptr) table->write();
    if (sheet.notes().rows == 0) paper_.write_paragraph(words_.no_rows, body, 6);
    write_marks(sheet.rows_tell_runs() ? sheet.runs() : runs_of(section, runs_));
  }

  void write_chart(const Section& section, const Chart& chart) {
    pages_.warnings.insert(pages_.warnings.end(), chart.warnings.begin(), chart.warnings.end());
    if (chart.empty()) {
      paper_.write_paragraph(words_.nothing_to_draw, body, 6);
      return;
    }
    if (height_of(chart) <= paper_.most_room()) paper_.need(height_of(chart));
    for (Places places; places.first < chart.along.size(); places.first += places.count) {
      paper_.need(height_of(chart, 1));
      places.count = std::min(places_in(chart, paper_.room()), chart.along.size() - places.first);
      const double height = height_of(chart, places.count);
      paper_.canvas().begin(Role::figure);
      draw(paper_.canvas(), {paper_.left(), paper_.y(), paper_.width(), height}, chart, places, description_.brand,
           *description_.locale);
      paper_.canvas().end(Role::figure);
      paper_.skip(height + 8);
    }
    for (const std::string& sentence : chart.left_out(*description_.locale))
      paper_.write_paragraph(sentence, caption, 4);
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
