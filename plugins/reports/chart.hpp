#pragma once

#include <optional>
#include <string>
#include <vector>

#include "canvas.hpp"
#include "sheet.hpp"

namespace millrace::reports {

/// What a chart shows, taken from a section's rows.
struct Chart {
  struct Series {
    std::string label;
    bool share = false;
    std::vector<std::optional<double>> values;  ///< one a place along the chart; nothing where it is not known
  };

  bool lines = true;                    ///< else bars
  std::vector<Cell> along;              ///< the places: days, names
  std::vector<double> at;               ///< where they lie on the axis of lines; empty: at even distances
  double widest_step = 0;               ///< two that are farther from each other have a gap between them; 0: none has
  std::vector<Series> series;           ///< each with a value at the least
  std::string place_name, series_name;  ///< what places and series are, for people; empty where nothing says it
  std::size_t places_left_out = 0, series_left_out = 0;  ///< that there was no room for
  std::vector<int> runs;
  std::vector<std::string> warnings;

  bool empty() const { return along.empty(); }
  /// How much of it is not shown, in sentences for the reader.
  std::vector<std::string> left_out(const Locale& locale) const;
  /// What somebody hears who does not see it: its series, each from its first value to its last.
  std::string told(const Locale& locale) const;
};

Chart read_chart(const Section& section, const LocalTimes& times, Runs& runs);

/// Some of a chart's places. Bars that are higher than a page stand on several; lines cannot be parted.
struct Places {
  std::size_t first = 0, count = 0;
};

/// How high the chart is with so many of its places.
double height_of(const Chart& chart, std::size_t places);
inline double height_of(const Chart& chart) { return height_of(chart, chart.along.size()); }

/// How many of its places have room there; one at the least.
std::size_t places_in(const Chart& chart, double height);

/// REQUIRES: the chart is not empty.
void draw(Canvas& canvas, Box box, const Chart& chart, Places places, const Brand& brand, const Locale& locale);

/// A value of a chart as it is written beside it.
std::string number_text(double value, bool share, const Locale& locale);

}  // namespace millrace::reports
