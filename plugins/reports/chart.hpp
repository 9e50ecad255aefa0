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

  bool lines = true;        ///< else bars
  std::vector<Cell> along;  ///< the places: days, names
  std::vector<Series> series;
  std::size_t not_shown = 0;  ///< bars that there was no room for
  std::vector<int> runs;

  bool empty() const { return along.empty(); }
  /// What somebody hears who does not see it: its series, each from its first value to its last.
  std::string told(const Locale& locale) const;
};

Chart read_chart(const Section& section, const LocalTimes& times, Runs& runs);

/// How high the chart is in that width.
double height_of(const Chart& chart);

/// REQUIRES: the chart is not empty.
void draw(Canvas& canvas, Box box, const Chart& chart, const Brand& brand, const Locale& locale);

}  // namespace millrace::reports
