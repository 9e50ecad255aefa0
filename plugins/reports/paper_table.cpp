#include "paper_table.hpp"

#include <algorithm>
#include <numeric>

namespace millrace::reports {

namespace {

constexpr double padding = 5, line_space = 3.5;
constexpr std::size_t most_tagged_rows = 1000;
constexpr int most_lines = 6;

Pen head_pen(const Pen& text) { return {text.size - 0.5, true, quiet_ink}; }
Pen total_pen(const Pen& text) { return {text.size, true, ink}; }

}  // namespace

PaperTable::PaperTable(Paper& paper, Sheet& sheet, Runs& runs)
    : paper_(paper),
      sheet_(sheet),
      runs_(runs),
      locale_(*paper.description().locale),
      marked_(sheet.rows_tell_runs() && sheet.runs().size() > 1),
      tagged_(sheet.notes().rows <= most_tagged_rows) {}

std::string PaperTable::mark_of(int run) const { return run == 0 ? "" : "[" + std::to_string(run) + "]"; }

double PaperTable::natural_width(const SheetColumn& column) {
  Canvas& canvas = paper_.canvas();
  const double head = canvas.measure(column.heading, head_pen(text_pen_)).width;
  double cell = 0;
  for (const Cell& widest : column.widest)
    cell = std::max(cell, canvas.measure(sheet_.text(column, widest, locale_), text_pen_).width);
  const double total = canvas.measure(sheet_.text(column, sheet_.total(column), locale_), total_pen(text_pen_)).width;
  return std::max({head, cell, total}) + 2 * padding + 1;
}

std::vector<double> PaperTable::natural_widths() {
  std::vector<double> widths;
  for (const SheetColumn& column : sheet_.columns()) widths.push_back(natural_width(column));
  if (marked_) {
    const double head = paper_.canvas().measure(locale_.words.run, head_pen(text_pen_)).width;
    const double mark = paper_.canvas().measure(mark_of(static_cast<int>(runs_.all().size())), text_pen_).width;
    widths.push_back(std::max(head, mark) + 2 * padding + 1);
  }
  return widths;
}

double PaperTable::least_of(const std::vector<double>& widths) const {
  double least = 0;
  constexpr double for_words = 70;
  for (std::size_t number = 0; number < widths.size(); ++number) {
    const bool words = number < sheet_.columns().size() && !sheet_.columns()[number].numbers;
    least += words ? std::min(widths[number], for_words) : widths[number];
  }
  return least;
}

bool PaperTable::lies() { return least_of(natural_widths()) > paper_.upright_width(); }

/// Numbers keep the width that they need; texts share what is left and are wrapped. What is wider than the paper has
/// smaller letters.
void PaperTable::share_width() {
  std::vector<double> widths = natural_widths();
  double least = least_of(widths);
  constexpr double smallest = 5.5, step = 0.5;
  while (least > paper_.width() && text_pen_.size > smallest) {
    text_pen_.size -= step;
    widths = natural_widths();
    least = least_of(widths);
  }
  const double all = std::accumulate(widths.begin(), widths.end(), 0.0);
  if (all > paper_.width()) {
    // Columns that need no more than their part have it, and the others share the rest alike.
    double room = paper_.width();
    std::vector<std::size_t> order(widths.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto key = [&](std::size_t number) {
      const bool numbers = number >= sheet_.columns().size() || sheet_.columns()[number].numbers;
      return std::pair(numbers && least <= paper_.width() ? 0 : 1, widths[number]);
    };
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
    for (std::size_t at = 0; at < order.size(); ++at) {
      double& width = widths[order[at]];
      if (key(order[at]).first != 0) width = std::min(width, room / static_cast<double>(order.size() - at));
      room -= width;
    }
  }
  // A narrow table has its columns apart, but not so far that a row falls to pieces.
  const double spare = std::max(paper_.width() - all, 0.0) / static_cast<double>(widths.size());
  double x = paper_.left();
  for (const double width : widths) {
    places_.push_back({x, width + spare});
    x += width + spare;
  }
}

double PaperTable::height_of(const std::vector<std::string>& texts, const Pen& pen) {
  Canvas& canvas = paper_.canvas();
  double height = pen.size * 1.37;
  for (std::size_t number = 0; number < texts.size(); ++number) {
    const double width = places_[number].width - 2 * padding;
    const auto plain = canvas.plain_width(texts[number], pen);
    if (plain && *plain <= width) continue;
    height = std::max(height, canvas.measure(texts[number], pen, {width, Side::left, most_lines}).height);
  }
  return height + 2 * line_space;
}

void PaperTable::write_cell(std::size_t number, const std::string& text, const Pen& pen, Role role) {
  Canvas& canvas = paper_.canvas();
  const bool right = number >= sheet_.columns().size() || sheet_.columns()[number].numbers;
  const double width = places_[number].width - 2 * padding, y = paper_.y() + line_space;
  const Point place{places_[number].x + padding, y};
  if (tagged_) canvas.begin(role);
  const auto plain = canvas.plain_width(text, pen);
  if (plain && *plain <= width) {
    canvas.gather(text, pen, {right ? place.x + width - *plain : place.x, y});
  } else {
    canvas.write(text, pen, place, {width, right ? Side::right : Side::left, most_lines});
  }
  if (tagged_) canvas.end(role);
}

void PaperTable::write_row(const std::vector<std::string>& texts, const Pen& pen, double height, Role role) {
  if (tagged_) paper_.canvas().begin(Role::table_row);
  for (std::size_t number = 0; number < texts.size(); ++number) write_cell(number, texts[number], pen, role);
  if (tagged_) paper_.canvas().end(Role::table_row);
  paper_.skip(height);
}

void PaperTable::begin_part() {
  paper_.canvas().begin(tagged_ ? Role::table : Role::paragraph);
  write_head();
}

void PaperTable::end_part() {
  paper_.canvas().end(tagged_ ? Role::table : Role::paragraph);
  paper_.canvas().rules(rules_, paper_.left(), paper_.width(), hair);
  rules_.clear();
}

void PaperTable::need(double height) {
  if (paper_.room() >= height) return;
  end_part();
  paper_.next_page();
  begin_part();
}

void PaperTable::write_head() {
  std::vector<std::string> texts;
  for (const SheetColumn& column : sheet_.columns()) texts.push_back(column.heading);
  if (marked_) texts.emplace_back(locale_.words.run);
  const Pen pen = head_pen(text_pen_);
  write_row(texts, pen, height_of(texts, pen), Role::table_head);
  const double right = paper_.left() + paper_.width();
  paper_.canvas().line({paper_.left(), paper_.y()}, {right, paper_.y()},
                       dark_enough(paper_.description().brand.colour, 3), 1.2);
  paper_.skip(1);
}

void PaperTable::write() {
  share_width();
  begin_part();
  std::vector<std::string> texts;
  sheet_.read(runs_, [&](const std::vector<Cell>& cells, int run) {
    texts.clear();
    for (const SheetColumn& column : sheet_.columns())
      texts.push_back(sheet_.text(column, cells[column.place], locale_));
    if (marked_) texts.push_back(mark_of(run));
    const double height = height_of(texts, text_pen_);
    need(height);
    write_row(texts, text_pen_, height, Role::table_cell);
    rules_.push_back(paper_.y());
  });
  write_total();
  end_part();
  paper_.turn(false);
  paper_.skip(8);
}

void PaperTable::write_total() {
  std::vector<std::string> texts;
  bool any = false;
  for (const SheetColumn& column : sheet_.columns()) {
    texts.push_back(sheet_.text(column, sheet_.total(column), locale_));
    any = any || !texts.back().empty();
  }
  if (!any) return;
  if (texts.front().empty()) texts.front() = locale_.words.total;
  const Pen pen = total_pen(text_pen_);
  const double height = height_of(texts, pen);
  need(height);
  if (!rules_.empty()) rules_.pop_back();
  const double right = paper_.left() + paper_.width();
  paper_.canvas().line({paper_.left(), paper_.y()}, {right, paper_.y()}, ink, 0.8);
  write_row(texts, pen, height, Role::table_cell);
}

}  // namespace millrace::reports
