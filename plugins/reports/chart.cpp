#include "chart.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "numbers.hpp"

namespace millrace::reports {

namespace {

constexpr std::size_t most_bars = 24;
constexpr double line_chart_height = 180, bar_height = 15, bar_gap = 8, row_of_dates = 20;
constexpr Pen small{7.5, false, quiet_ink};

std::string number_text(double value, bool share, const Locale& locale) {
  return share ? locale.percent(value * 100, 1) : locale.number(plain_number(value));
}

/// From where to where an axis goes, and in which steps: round numbers.
struct Axis {
  double low = 0, high = 1, step = 1;

  double share_of(double value) const { return (value - low) / (high - low); }
};

double round_step(double rough) {
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double nice : {1.0, 2.0, 2.5, 5.0})
    if (nice * power >= rough * 0.999) return nice * power;
  return 10 * power;
}

Axis axis_of(const Chart& chart, bool from_zero) {
  double low = 0, high = 0;
  bool any = false;
  for (const Chart::Series& series : chart.series) {
    for (const auto& value : series.values) {
      if (!value) continue;
      low = any ? std::min(low, *value) : *value;
      high = any ? std::max(high, *value) : *value;
      any = true;
    }
  }
  // Followers that go from 9,000 to 9,100 would be a level line on an axis from zero.
  constexpr double level = 0.3;
  if (low > 0 && (from_zero || high - low > level * high)) low = 0;
  if (high < 0) high = 0;
  if (high == low) high = low + (low == 0 ? 1 : std::abs(low) * 0.1);
  constexpr double steps = 4;
  Axis axis;
  axis.step = round_step((high - low) / steps);
  axis.low = std::floor(low / axis.step) * axis.step;
  axis.high = std::ceil(high / axis.step) * axis.step;
  return axis;
}

/// As many labels as stand beside each other, at even distances.
std::size_t every_so_many(std::size_t places, double width) {
  constexpr double for_one = 62;
  const auto room = std::max<std::size_t>(2, static_cast<std::size_t>(width / for_one));
  return places <= room ? 1 : (places + room - 1) / room;
}

/// The labels at the right ends of lines, moved apart where they would lie on each other.
std::vector<double> apart(std::vector<double> heights, double least, double top, double bottom) {
  std::vector<std::size_t> order(heights.size());
  for (std::size_t at = 0; at < order.size(); ++at) order[at] = at;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return heights[a] < heights[b]; });
  double free = top;
  for (const std::size_t at : order) {
    heights[at] = std::max(heights[at], free);
    free = heights[at] + least;
  }
  double limit = bottom;
  for (auto at = order.rbegin(); at != order.rend(); ++at) {
    heights[*at] = std::min(heights[*at], limit);
    limit = heights[*at] - least;
  }
  return heights;
}

class LineChart {
 public:
  LineChart(Canvas& canvas, Box box, const Chart& chart, const Brand& brand, const Locale& locale)
      : canvas_(canvas), chart_(chart), brand_(brand), locale_(locale), axis_(axis_of(chart, false)) {
    double left = 0, right = 0;
    for (double tick = axis_.low; tick <= axis_.high + axis_.step / 2; tick += axis_.step)
      left = std::max(left, canvas.measure(tick_text(tick), small).width);
    for (std::size_t number = 0; number < chart.series.size(); ++number)
      right = std::max(right, canvas.measure(chart.series[number].label, label_pen(number)).width);
    constexpr double gap = 8, most_for_labels = 0.3;
    right = std::min(right + gap, box.width * most_for_labels);
    plot_ = {box.x + left + gap, box.y + 8, box.width - left - right - 2 * gap, box.height - 8 - row_of_dates};
    right_ = right - gap / 2;
  }

  void draw() {
    draw_grid();
    draw_places();
    for (std::size_t number = chart_.series.size(); number-- > 0;) draw_line(number);
    label_lines();
  }

 private:
  Pen label_pen(std::size_t number) const { return {8, true, series_colour(brand_.colour, number)}; }
  std::string tick_text(double tick) const {
    return number_text(std::abs(tick) < axis_.step / 1e6 ? 0 : tick, chart_.series.front().share, locale_);
  }
  double x_of(std::size_t place) const {
    const std::size_t steps = chart_.along.size() - 1;
    return plot_.x +
           (steps == 0 ? plot_.width / 2 : plot_.width * static_cast<double>(place) / static_cast<double>(steps));
  }
  double y_of(double value) const { return plot_.y + plot_.height * (1 - axis_.share_of(value)); }

  void draw_grid() {
    for (double tick = axis_.low; tick <= axis_.high + axis_.step / 2; tick += axis_.step) {
      const double y = y_of(tick);
      canvas_.line({plot_.x, y}, {plot_.x + plot_.width, y}, hair);
      canvas_.write(tick_text(tick), small, {plot_.x - 6, y - 5}, {no_limit, Side::right});
    }
  }

  void draw_places() {
    const std::size_t step = every_so_many(chart_.along.size(), plot_.width);
    for (std::size_t place = 0; place < chart_.along.size(); place += step) {
      const std::string text = shown(chart_.along[place], locale_);
      canvas_.write(text, small, {x_of(place) - 31, plot_.y + plot_.height + 6}, {62, Side::centre});
    }
  }

  void draw_line(std::size_t number) {
    const auto& values = chart_.series[number].values;
    const Colour colour = series_colour(brand_.colour, number);
    std::vector<Point> points;
    const auto draw_part = [&] {
      if (points.size() == 1) canvas_.dot(points.front(), 2, colour);
      if (points.size() > 1) canvas_.path(points, colour, number == 0 ? 2 : 1.5);
      points.clear();
    };
    for (std::size_t place = 0; place < values.size(); ++place) {
      if (values[place]) {
        points.push_back({x_of(place), y_of(*values[place])});
      } else {
        draw_part();
      }
    }
    draw_part();
  }

  void label_lines() {
    constexpr double line_height = 11;
    std::vector<double> heights;
    for (const Chart::Series& series : chart_.series) {
      double y = plot_.y;
      for (const auto& value : series.values)
        if (value) y = y_of(*value);
      heights.push_back(y - line_height / 2);
    }
    heights = apart(heights, line_height, plot_.y - line_height / 2, plot_.y + plot_.height - line_height / 2);
    for (std::size_t number = 0; number < chart_.series.size(); ++number)
      canvas_.write(chart_.series[number].label, label_pen(number), {plot_.x + plot_.width + 8, heights[number]},
                    {right_});
  }

  Canvas& canvas_;
  const Chart& chart_;
  const Brand& brand_;
  const Locale& locale_;
  Axis axis_;
  Box plot_;
  double right_ = 0;
};

/// Bars lie, so that names have room before them and numbers behind them.
class BarChart {
 public:
  BarChart(Canvas& canvas, Box box, const Chart& chart, const Brand& brand, const Locale& locale)
      : canvas_(canvas), box_(box), chart_(chart), brand_(brand), locale_(locale), axis_(axis_of(chart, true)) {
    double names = 0, numbers = 0;
    for (const Cell& place : chart.along) names = std::max(names, canvas.measure(shown(place, locale), name_pen).width);
    for (const Chart::Series& series : chart.series)
      for (const auto& value : series.values)
        if (value) numbers = std::max(numbers, canvas.measure(text_of(series, *value), value_pen).width);
    constexpr double most_for_names = 0.35, gap = 10;
    names_ = std::min(names, box.width * most_for_names) + 1;
    plot_ = {box.x + names_ + gap, box.y, box.width - names_ - 2 * gap - numbers, box.height};
    // No ticks are shown, so the longest bar may go to the end.
    double low = 0, high = 0;
    for (const Chart::Series& series : chart.series)
      for (const auto& value : series.values)
        if (value) low = std::min(low, *value), high = std::max(high, *value);
    axis_ = {low, high > low ? high : low + 1, 1};
  }

  void draw() {
    double y = box_.y;
    if (chart_.series.size() > 1) y += draw_legend();
    const double zero = plot_.x + plot_.width * axis_.share_of(0);
    const double each = bar_height * (chart_.series.size() > 1 ? 0.8 : 1);
    for (std::size_t place = 0; place < chart_.along.size(); ++place) {
      const double group = each * static_cast<double>(chart_.series.size());
      canvas_.write(shown(chart_.along[place], locale_), name_pen, {box_.x, y + (group - 12) / 2},
                    {names_, Side::right});
      for (std::size_t number = 0; number < chart_.series.size(); ++number, y += each)
        draw_bar(number, place, y, each, zero);
      y += bar_gap;
    }
    canvas_.line({zero, box_.y}, {zero, y - bar_gap}, hair);
  }

 private:
  static constexpr Pen name_pen{8.5, false, ink}, value_pen{8.5, false, ink};

  std::string text_of(const Chart::Series& series, double value) const {
    return number_text(value, series.share, locale_);
  }

  double draw_legend() {
    constexpr double height = 18;
    double x = plot_.x;
    for (std::size_t number = 0; number < chart_.series.size(); ++number) {
      const Colour colour = series_colour(brand_.colour, number);
      canvas_.fill({x, box_.y + 2, 8, 8}, colour, 1.5);
      x += 12 + canvas_.write(chart_.series[number].label, {8, true, colour}, {x + 12, box_.y}).width + 14;
    }
    return height;
  }

  void draw_bar(std::size_t number, std::size_t place, double y, double height, double zero) {
    const Chart::Series& series = chart_.series[number];
    const auto& value = series.values[place];
    if (!value) return;
    const double end = plot_.x + plot_.width * axis_.share_of(*value);
    const double left = std::min(zero, end), right = std::max(zero, end);
    canvas_.fill({left, y + 0.5, std::max(right - left, 0.75), height - 1}, series_colour(brand_.colour, number));
    canvas_.write(text_of(series, *value), value_pen, {right + 5, y + (height - 12) / 2});
  }

  Canvas& canvas_;
  Box box_;
  const Chart& chart_;
  const Brand& brand_;
  const Locale& locale_;
  Axis axis_;
  Box plot_;
  double names_ = 0;
};

}  // namespace

std::string Chart::told(const Locale& locale) const {
  std::string text;
  for (const Series& one : series) {
    std::string values;
    for (std::size_t place = 0; place < one.values.size(); ++place) {
      const bool end = place == 0 || place + 1 == one.values.size();
      if (!one.values[place] || (lines && !end)) continue;
      values += (values.empty() ? "" : ", ") + shown(along[place], locale) + " " +
                number_text(*one.values[place], one.share, locale);
    }
    text += (text.empty() ? "" : "; ") + one.label + ": " + values;
  }
  return text;
}

namespace {

/// Gathers the places of a chart and their values, one row after the other.
class ChartReader {
 public:
  ChartReader(const Section& section, Chart& chart) : section_(section), chart_(chart) {}

  void add(const Sheet& sheet, const std::vector<Cell>& cells) {
    const Cell* along = cell_of(sheet, cells, section_.along);
    if (along == nullptr) return;
    if (section_.by.empty()) {
      chart_.along.push_back(*along);
      for (const std::string& member : section_.of) put(member, chart_.along.size() - 1, cell_of(sheet, cells, member));
      return;
    }
    const Cell* by = cell_of(sheet, cells, section_.by);
    if (by == nullptr) return;
    const auto [known, fresh] = places_.emplace(along->text, chart_.along.size());
    if (fresh) chart_.along.push_back(*along);
    put(by->text, known->second, cell_of(sheet, cells, section_.of.front()));
  }

 private:
  static const Cell* cell_of(const Sheet& sheet, const std::vector<Cell>& cells, std::string_view member) {
    for (const SheetColumn& column : sheet.columns())
      if (column.member == member) return &cells[column.place];
    return nullptr;
  }

  void put(const std::string& name, std::size_t place, const Cell* cell) {
    constexpr std::size_t most_series = 6;
    if (!series_.contains(name) && chart_.series.size() == most_series) return;
    const auto [known, fresh] = series_.emplace(name, chart_.series.size());
    const std::string& member = section_.by.empty() ? name : section_.of.front();
    if (fresh) chart_.series.push_back({label_of(name), section_.is_share(member), {}});
    auto& values = chart_.series[known->second].values;
    if (values.size() <= place) values.resize(place + 1);
    if (cell != nullptr && cell->kind == Cell::Kind::number) values[place] = std::strtod(cell->text.c_str(), nullptr);
  }

  const Section& section_;
  Chart& chart_;
  std::map<std::string, std::size_t> places_, series_;
};

}  // namespace

Chart read_chart(const Section& section, const LocalTimes& times, Runs& runs) {
  Chart chart;
  chart.lines = section.kind == Section::Kind::lines;
  Sheet sheet(section, times, runs);
  ChartReader reader(section, chart);
  sheet.read(runs, [&](const std::vector<Cell>& cells, int) {
    if (!chart.lines && chart.along.size() == most_bars) {
      ++chart.not_shown;
    } else {
      reader.add(sheet, cells);
    }
  });
  for (Chart::Series& series : chart.series) series.values.resize(chart.along.size());
  if (chart.series.empty()) chart.along.clear();
  chart.runs = sheet.runs();
  return chart;
}

double height_of(const Chart& chart) {
  if (chart.lines) return line_chart_height;
  const double many = chart.series.size() > 1 ? 0.8 * static_cast<double>(chart.series.size()) : 1;
  const double legend = chart.series.size() > 1 ? 18 : 0;
  return legend + static_cast<double>(chart.along.size()) * (bar_height * many + bar_gap) - bar_gap;
}

void draw(Canvas& canvas, Box box, const Chart& chart, const Brand& brand, const Locale& locale) {
  if (chart.lines) {
    LineChart(canvas, box, chart, brand, locale).draw();
  } else {
    BarChart(canvas, box, chart, brand, locale).draw();
  }
}

}  // namespace millrace::reports
