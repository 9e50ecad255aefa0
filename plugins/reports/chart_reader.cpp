#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "chart.hpp"
#include "numbers.hpp"

namespace millrace::reports {

namespace {

constexpr std::size_t most_bars = 24, most_series = 7;  // as many as statistics know platforms
constexpr double largest_drawn = 1e300;                 // the sum of many such, and an axis around it, are numbers

/// Of a number, and of a text that is one: tables of files have texts alone, and some far sides write numbers so.
std::optional<double> drawn_number(const Cell& cell) {
  const bool looks = cell.kind == Cell::Kind::text && !cell.text.empty() &&
                     cell.text.find_first_not_of("0123456789.-+eE") == std::string::npos;
  if (cell.kind != Cell::Kind::number && !looks) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(cell.text.c_str(), &end);
  const bool whole = end == cell.text.c_str() + cell.text.size();
  return whole && std::abs(value) <= largest_drawn ? std::optional(value) : std::nullopt;
}

/// Where a place lies on an axis: a day, in days; a time, in days, too, or as LocalTimes shows it; a number.
std::optional<double> axis_value(const Cell& cell) {
  if (cell.kind == Cell::Kind::number) return drawn_number(cell);
  if (cell.instant) return static_cast<double>(*cell.instant) / static_cast<double>(job::a_day);
  if (const auto day = day_in(cell)) return static_cast<double>(day->time_since_epoch().count());
  constexpr std::size_t size_of_a_time = 19;
  if (cell.kind != Cell::Kind::text || cell.text.size() != size_of_a_time || cell.text[10] != ' ') return std::nullopt;
  const auto day = job::parse_day(std::string_view(cell.text).substr(0, 10));
  if (!day) return std::nullopt;
  const auto part = [&](std::size_t at) { return std::strtod(cell.text.substr(at, 2).c_str(), nullptr); };
  return static_cast<double>(day->time_since_epoch().count()) + (part(11) * 3600 + part(14) * 60 + part(17)) / 86'400;
}

/// Gathers the places of a chart and their values, one row after the other.
class ChartReader {
 public:
  ChartReader(const Section& section, Chart& chart) : section_(section), chart_(chart) {}

  void add(const Sheet& sheet, const std::vector<Cell>& cells) {
    const Cell* along = cell_of(sheet, cells, section_.along);
    if (along == nullptr || (chart_.lines && along->kind == Cell::Kind::empty)) return;
    const Cell* by = section_.by.empty() ? nullptr : cell_of(sheet, cells, section_.by);
    if (by == nullptr && !section_.by.empty()) return;
    const auto place = place_of(*along);
    if (!place) return;
    if (by != nullptr) {
      const std::string& name = by->kind == Cell::Kind::empty ? nameless_ : by->text;
      return put(name, name, section_.of.front(), *place, sheet, cells);
    }
    for (const std::string& member : section_.of) put(member, label_of(member), member, *place, sheet, cells);
  }

  /// Makes the chart of what was gathered.
  void finish(const Sheet& sheet) {
    if (!sheet.notes().unknown) tell_lacking(sheet);
    if (places_.size() > chart_.along.size()) chart_.places_left_out += places_.size() - chart_.along.size();
    fill(chosen());
    if (chart_.series.empty()) chart_.along.clear();
    if (chart_.lines) sort();
  }

 private:
  struct Line {
    Chart::Series series;
    double largest = 0;  ///< of its values, without their signs
  };
  struct Value {
    std::size_t line, place;
    double value;
  };

  static const Cell* cell_of(const Sheet& sheet, const std::vector<Cell>& cells, std::string_view member) {
    for (const SheetColumn& column : sheet.columns())
      if (column.member == member) return &cells[column.place];
    return nullptr;
  }

  /// Two bars may have the same name, and a line or a group of bars has one place for each. Nothing where there is no
  /// room for another bar.
  std::optional<std::size_t> place_of(const Cell& along) {
    const bool full = !chart_.lines && chart_.along.size() == most_bars;
    if (!chart_.lines && section_.by.empty()) {
      if (full) return ++chart_.places_left_out, std::nullopt;
      chart_.along.push_back(along);
      return chart_.along.size() - 1;
    }
    const std::string key = along.instant ? std::to_string(*along.instant) + " ms" : along.text;
    const auto [known, fresh] = places_.emplace(key, places_.size());
    if (fresh && !full) chart_.along.push_back(along);
    return known->second < chart_.along.size() ? std::optional(known->second) : std::nullopt;
  }

  void put(const std::string& name, const std::string& label, const std::string& member, std::size_t place,
           const Sheet& sheet, const std::vector<Cell>& cells) {
    const Cell* cell = cell_of(sheet, cells, member);
    if (cell == nullptr || cell->text.empty()) return;
    const auto value = drawn_number(*cell);
    if (!value) {
      ++no_numbers_[member];
      return;
    }
    const auto [known, fresh] = names_.emplace(name, lines_.size());
    if (fresh) lines_.push_back({{label, section_.is_share(member), {}}, 0});
    Line& line = lines_[known->second];
    line.largest = std::max(line.largest, std::abs(*value));
    values_.push_back({known->second, place, *value});
  }

  /// What the chart is made of, and no row has, or not as a number.
  void tell_lacking(const Sheet& sheet) {
    std::vector<std::string> members = section_.of;
    members.push_back(section_.along);
    if (!section_.by.empty()) members.push_back(section_.by);
    for (const std::string& member : members)
      if (!sheet.has(member)) warn("no row has \"" + member + "\"" + (section_.columns.empty() ? "" : " in a column"));
    for (const auto& [member, rows] : no_numbers_)
      warn("\"" + member + "\" is no number that can be drawn in " + job::counted(rows, "row"));
  }

  /// Which lines are drawn: those with the largest values, in the order in which they were met.
  std::vector<std::size_t> chosen() {
    std::vector<std::size_t> numbers(lines_.size());
    std::iota(numbers.begin(), numbers.end(), std::size_t{0});
    if (numbers.size() <= most_series) return numbers;
    std::stable_sort(numbers.begin(), numbers.end(),
                     [this](std::size_t a, std::size_t b) { return lines_[a].largest > lines_[b].largest; });
    chart_.series_left_out += numbers.size() - most_series;
    numbers.resize(most_series);
    std::sort(numbers.begin(), numbers.end());
    return numbers;
  }

  /// Rows of the same place and line are added up. Shares cannot be: what several rows tell is not known then.
  void fill(const std::vector<std::size_t>& numbers) {
    std::vector<Chart::Series*> drawn(lines_.size());
    for (const std::size_t number : numbers) chart_.series.push_back(std::move(lines_[number].series));
    for (std::size_t at = 0; at < numbers.size(); ++at) drawn[numbers[at]] = &chart_.series[at];
    for (Chart::Series& series : chart_.series) series.values.resize(chart_.along.size());
    bool added = false, shares = false;
    for (const Value& value : values_) {
      Chart::Series* const series = drawn[value.line];
      if (series == nullptr) continue;
      auto& slot = series->values[value.place];
      added = added || slot;
      shares = shares || (slot && series->share);
      slot = slot && series->share ? std::nan("") : slot.value_or(0) + value.value;
    }
    for (Chart::Series& series : chart_.series)
      for (auto& slot : series.values)
        if (slot && !std::isfinite(*slot)) slot.reset();
    const std::string same = section_.along + (section_.by.empty() ? "" : " and " + section_.by);
    if (shares) {
      warn("several rows have the same " + same + ", and shares cannot be added up, so they are left out there");
    } else if (added) {
      warn("several rows have the same " + same + ", and are added up");
    }
  }

  void warn(const std::string& what) {
    chart_.warnings.push_back("the chart" + (section_.heading.empty() ? "" : " \"" + section_.heading + "\"") + ": " +
                              what);
  }

  /// Days, times and numbers have their order and their distances, whatever the rows have.
  void sort() {
    std::vector<double> at;
    for (const Cell& cell : chart_.along) {
      const auto value = axis_value(cell);
      if (!value || (cell.kind != chart_.along.front().kind)) return;
      at.push_back(*value);
    }
    std::vector<std::size_t> order(at.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&at](std::size_t a, std::size_t b) { return at[a] < at[b]; });
    const auto in_order = [&order](auto& list) {
      auto sorted = list;
      for (std::size_t place = 0; place < order.size(); ++place) sorted[place] = std::move(list[order[place]]);
      list = std::move(sorted);
    };
    in_order(at);
    in_order(chart_.along);
    const bool spread = at.empty() || at.front() < at.back();
    for (Chart::Series& series : chart_.series) in_order(series.values);
    const bool days = std::all_of(chart_.along.begin(), chart_.along.end(),
                                  [](const Cell& cell) { return day_in(cell).has_value(); });
    if (days) chart_.widest_step = usual_step(at) * 1.5;
    if (spread) chart_.at = std::move(at);
  }

  /// How far places usually are from each other: one day, or seven.
  static double usual_step(const std::vector<double>& at) {
    if (at.size() < 2) return 0;
    std::vector<double> steps;
    for (std::size_t place = 1; place < at.size(); ++place) steps.push_back(at[place] - at[place - 1]);
    const auto middle = steps.begin() + static_cast<std::ptrdiff_t>((steps.size() - 1) / 2);
    std::nth_element(steps.begin(), middle, steps.end());
    return *middle;
  }

  const Section& section_;
  Chart& chart_;
  std::map<std::string, std::size_t> places_, names_;
  std::vector<Line> lines_;
  std::vector<Value> values_;
  std::map<std::string, std::size_t> no_numbers_;  // by member: in how many rows
  const std::string nameless_ = "–";
};

}  // namespace

Chart read_chart(const Section& section, const LocalTimes& times, Runs& runs) {
  Chart chart;
  chart.lines = section.kind == Section::Kind::lines;
  chart.place_name = label_of(section.along);
  chart.series_name = label_of(section.by);
  Sheet sheet(section, times, runs);
  ChartReader reader(section, chart);
  sheet.read(runs, [&](const std::vector<Cell>& cells, int) { reader.add(sheet, cells); });
  reader.finish(sheet);
  chart.runs = sheet.runs();
  return chart;
}

std::vector<std::string> Chart::left_out(const Locale& locale) const {
  const bool both = places_left_out > 0 && series_left_out > 0;
  std::vector<std::string> sentences;
  for (const auto& [name, count] : {std::pair(&place_name, places_left_out), std::pair(&series_name, series_left_out)})
    if (count > 0)
      sentences.push_back((both && !name->empty() ? isolated(*name) + ": " : "") +
                          filled(locale.words.not_shown, {{'n', locale.number(std::to_string(count))}}));
  return sentences;
}

std::string Chart::told(const Locale& locale) const {
  std::string text;
  for (const Series& one : series) {
    std::vector<std::size_t> known;
    for (std::size_t place = 0; place < one.values.size(); ++place)
      if (one.values[place]) known.push_back(place);
    if (lines && known.size() > 2) known = {known.front(), known.back()};
    std::string values;
    for (const std::size_t place : known)
      values += (values.empty() ? "" : ", ") + shown(along[place], locale) + " " +
                number_text(*one.values[place], one.share, locale);
    text += (text.empty() ? "" : "; ") + one.label + ": " + values;
  }
  return text;
}

}  // namespace millrace::reports
