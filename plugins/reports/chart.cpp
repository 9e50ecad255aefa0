#include "chart.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "numbers.hpp"

namespace millrace::reports {

namespace {

constexpr double line_chart_height = 180, bar_height = 15, bar_gap = 8, row_of_dates = 20, legend_height = 18;
constexpr double least_label_width = 62;  // of a place below lines
constexpr Pen small{7.5, false, quiet_ink};

/// From where to where an axis goes, and in which steps: round numbers.
struct Axis {
  double low = 0, high = 1, step = 1;

  double share_of(double value) const { return (value - low) / (high - low); }
  /// Each from the first one: beside a large number a sum of small steps may stand still.
  std::vector<double> ticks() const {
    std::vector<double> all;
    const auto last = static_cast<int>(std::lround((high - low) / step));
    for (int number = 0; number <= last; ++number) all.push_back(low + number * step);
    return all;
  }
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
  // Values that differ by the noise of calculation alone are level, too.
  constexpr double noise = 1e-9;
  const double size = std::max(std::abs(low), std::abs(high));
  if (high - low <= noise * size) high = low + (size == 0 ? 1 : size * 0.1);
  constexpr double steps = 4;
  Axis axis;
  axis.step = round_step((high - low) / steps);
  axis.low = std::floor(low / axis.step) * axis.step;
  axis.high = std::ceil(high / axis.step) * axis.step;
  return axis;
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
    for (const double tick : axis_.ticks()) left = std::max(left, canvas.measure(tick_text(tick), small).width);
    for (std::size_t number = 0; number < chart.series.size(); ++number)
      right = std::max(right, canvas.measure(chart.series[number].label, label_pen(number)).width);
    // A time that is cut is another time; long names may be cut.
    for (const Cell& place : chart.along)
      if (place.instant) label_width_ = std::max(label_width_, canvas.measure(shown(place, locale), small).width + 10);
    constexpr double gap = 8, most_for_labels = 0.3;
    right = std::min(right + gap, box.width * most_for_labels);
    right_ = right - gap / 2;
    // The first place and the last are written below the ends of the axis, half of each beyond it.
    const double before = std::max(left + gap, label_width_ / 2), behind = std::max(right + gap, label_width_ / 2);
    plot_ = {box.x + before, box.y + 8, box.width - before - behind, box.height - 8 - row_of_dates};
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
    const std::size_t last = chart_.along.size() - 1;
    if (last == 0) return plot_.x + plot_.width / 2;
    if (chart_.at.empty()) return plot_.x + plot_.width * static_cast<double>(place) / static_cast<double>(last);
    const double first = chart_.at.front();
    return plot_.x + plot_.width * (chart_.at[place] - first) / (chart_.at[last] - first);
  }
  double y_of(double value) const { return plot_.y + plot_.height * (1 - axis_.share_of(value)); }

  void draw_grid() {
    for (const double tick : axis_.ticks()) {
      const double y = y_of(tick);
      canvas_.line({plot_.x, y}, {plot_.x + plot_.width, y}, hair);
      canvas_.write(tick_text(tick), small, {plot_.x - 6, y - 5}, {no_limit, Side::right});
    }
  }

  /// As many as stand beside each other.
  void draw_places() {
    double free = plot_.x - label_width_;
    for (std::size_t place = 0; place < chart_.along.size(); ++place) {
      const double left = x_of(place) - label_width_ / 2;
      if (left < free) continue;
      canvas_.write(shown(chart_.along[place], locale_), small, {left, plot_.y + plot_.height + 6},
                    {label_width_, Side::centre});
      free = left + label_width_;
    }
  }

  /// Days that lack before a place are a gap.
  bool follows(std::size_t place) const {
    return place == 0 || chart_.widest_step == 0 || chart_.at[place] - chart_.at[place - 1] <= chart_.widest_step;
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
      if (!values[place] || !follows(place)) draw_part();
      if (values[place]) points.push_back({x_of(place), y_of(*values[place])});
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
  double right_ = 0, label_width_ = least_label_width;
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

  void draw(Places places) {
    double y = box_.y;
    if (chart_.series.size() > 1) y += draw_legend();
    const double zero = plot_.x + plot_.width * axis_.share_of(0);
    const double each = bar_height * (chart_.series.size() > 1 ? 0.8 : 1);
    for (std::size_t place = places.first; place < places.first + places.count; ++place) {
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
    double x = plot_.x;
    for (std::size_t number = 0; number < chart_.series.size(); ++number) {
      const Colour colour = series_colour(brand_.colour, number);
      canvas_.fill({x, box_.y + 2, 8, 8}, colour, 1.5);
      x += 12 + canvas_.write(chart_.series[number].label, {8, true, colour}, {x + 12, box_.y}).width + 14;
    }
    return legend_height;
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

std::string number_text(double value, bool share, const Locale& locale) {
  return share ? locale.percent(value * 100, 1) : locale.number(plain_number(value));
}

namespace {

double height_of_place(const Chart& chart) {
  return bar_height * (chart.series.size() > 1 ? 0.8 * static_cast<double>(chart.series.size()) : 1) + bar_gap;
}

double height_of_legend(const Chart& chart) { return chart.series.size() > 1 ? legend_height : 0; }

}  // namespace

double height_of(const Chart& chart, std::size_t places) {
  if (chart.lines) return line_chart_height;
  return height_of_legend(chart) + static_cast<double>(places) * height_of_place(chart) - bar_gap;
}

std::size_t places_in(const Chart& chart, double height) {
  if (chart.lines) return chart.along.size();
  const double places = (height - height_of_legend(chart) + bar_gap) / height_of_place(chart);
  return std::clamp<std::size_t>(static_cast<std::size_t>(std::max(places, 1.0)), 1, chart.along.size());
}

void draw(Canvas& canvas, Box box, const Chart& chart, Places places, const Brand& brand, const Locale& locale) {
  if (chart.lines) {
    LineChart(canvas, box, chart, brand, locale).draw();
  } else {
    BarChart(canvas, box, chart, brand, locale).draw(places);
  }
}

}  // namespace millrace::reports
