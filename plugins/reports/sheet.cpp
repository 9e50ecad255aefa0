#include "sheet.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "numbers.hpp"

namespace millrace::reports {

namespace {

constexpr std::string_view run_member = "run";

/// How much room text needs, in letters: those of East Asia are twice as wide.
std::size_t letters_of(std::string_view text) {
  std::size_t letters = 0;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    letters += byte >= 0xE3 ? 2 : byte < 0x80 || byte >= 0xC0 ? 1 : 0;
  }
  return letters;
}

/// How many digits stand before the point of a number, as it is shown.
std::size_t digits_before_point(const std::string& number, bool share) {
  if (!share) return std::min(number.find('.'), number.size());
  char percent[400];
  return static_cast<std::size_t>(
      std::snprintf(percent, sizeof percent, "%.0f", std::strtod(number.c_str(), nullptr) * 100));
}

/// Behind the last one where there is no such column.
std::size_t place_in(const Columns& columns, std::string_view name) {
  const auto& names = columns.names();
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

Columns chosen_columns(const Section& section) {
  if (section.columns.empty()) return Columns();
  std::vector<std::string> members;
  for (const auto& [heading, member] : section.columns)
    if (std::find(members.begin(), members.end(), member) == members.end()) members.push_back(member);
  if (std::find(members.begin(), members.end(), run_member) == members.end()) members.emplace_back(run_member);
  return Columns(std::move(members));
}

}  // namespace

int Runs::number_of(const std::string& run) {
  if (run.empty()) return 0;
  const auto [known, fresh] = numbers_.emplace(run, static_cast<int>(all_.size()) + 1);
  if (fresh) all_.push_back(run);
  return known->second;
}

Sheet::Sheet(const Section& section, const LocalTimes& times, Runs& runs)
    : section_(section), times_(times), names_(chosen_columns(section)) {
  std::vector<bool> seen;
  notes_ = read_rows(section.rows, names_, times, [&](const std::vector<Cell>& cells) {
    measure(cells);
    const std::size_t run = place_in(names_, run_member);
    if (run >= cells.size() || cells[run].kind != Cell::Kind::text) return;
    run_place_ = run;
    const auto number = static_cast<std::size_t>(runs.number_of(cells[run].text));
    if (number >= seen.size()) seen.resize(number + 1);
    if (number > 0 && !seen[number]) runs_.push_back(static_cast<int>(number));
    seen[number] = true;
  });
  const std::vector<SheetColumn> met = std::exchange(columns_, {});
  const auto add = [&](const std::string& heading, const std::string& member, std::size_t place) {
    SheetColumn column = place < met.size() ? met[place] : SheetColumn();
    column.heading = heading;
    column.member = member;
    column.place = place;
    column.numbers = column.numbers && !(place < texts_.size() && texts_[place]);
    column.share = section.is_share(member);
    columns_.push_back(std::move(column));
  };
  for (std::size_t place = 0; section.columns.empty() && place < names_.names().size(); ++place)
    if (place != run_place_) add(label_of(names_.names()[place]), names_.names()[place], place);
  for (const auto& [heading, member] : section.columns) add(heading, member, place_in(names_, member));
}

void Sheet::measure(const std::vector<Cell>& cells) {
  if (columns_.size() < cells.size()) columns_.resize(cells.size());
  if (texts_.size() < cells.size()) texts_.resize(cells.size());
  for (std::size_t place = 0; place < cells.size(); ++place) {
    const Cell& cell = cells[place];
    SheetColumn& column = columns_[place];
    if (cell.kind == Cell::Kind::empty) continue;
    if (cell.kind == Cell::Kind::number) {
      column.numbers = true;
      column.decimals = std::clamp(decimals_of(readable_number(cell.text)), column.decimals, most_decimals);
    } else {
      texts_[place] = true;
    }
    const bool number = cell.kind == Cell::Kind::number;
    const bool share = number && section_.is_share(names_.names()[place]);
    Cell& widest = column.widest[!number ? 0 : cell.text.front() == '-' ? 1 : 2];
    const bool wider = number && !widest.text.empty()
                           ? digits_before_point(cell.text, share) > digits_before_point(widest.text, share)
                           : letters_of(cell.text) > letters_of(widest.text);
    if (wider) widest = cell;
  }
}

bool Sheet::has(std::string_view member) const {
  return notes_.unknown || notes_.rows == 0 || names_.is_met(place_in(names_, member));
}

std::vector<std::string> Sheet::warnings() const {
  std::vector<std::string> all;
  for (const auto& [heading, member] : section_.columns)
    if (!has(member))
      all.push_back("the table" + (section_.heading.empty() ? "" : " \"" + section_.heading + "\"") +
                    ": no row has \"" + member + "\", so the column \"" + heading + "\" is empty");
  return all;
}

void Sheet::read(Runs& runs, const std::function<void(const std::vector<Cell>& cells, int run)>& visit) {
  read_rows(section_.rows, names_, times_, [&](const std::vector<Cell>& cells) {
    visit(cells, run_place_ ? runs.number_of(cells[*run_place_].text) : 0);
  });
}

std::string Sheet::text(const SheetColumn& column, const Cell& cell, const Locale& locale) const {
  return shown(cell, locale, column.share, column.numbers ? column.decimals : 0);
}

Cell Sheet::total(const SheetColumn& column) const {
  const auto found = std::find_if(section_.total.begin(), section_.total.end(),
                                  [&](const auto& one) { return one.first == column.member; });
  return found == section_.total.end() ? Cell() : found->second;
}

std::vector<Cell> Sheet::totals(const Locale& locale) const {
  std::vector<Cell> cells;
  for (const SheetColumn& column : columns_) cells.push_back(total(column));
  const bool any =
      std::any_of(cells.begin(), cells.end(), [](const Cell& cell) { return cell.kind != Cell::Kind::empty; });
  if (!any) return {};
  if (cells.front().kind == Cell::Kind::empty) cells.front() = {Cell::Kind::text, std::string(locale.words.total)};
  return cells;
}

std::string marks_of(const std::vector<int>& given) {
  std::vector<int> runs = given;
  std::sort(runs.begin(), runs.end());
  std::string text;
  for (std::size_t at = 0; at < runs.size();) {
    std::size_t last = at;
    while (last + 1 < runs.size() && runs[last + 1] <= runs[last] + 1) ++last;
    text += (text.empty() ? "[" : ", [") + std::to_string(runs[at]) + "]";
    if (runs[last] != runs[at]) text += (runs[last] == runs[at] + 1 ? ", [" : "–[") + std::to_string(runs[last]) + "]";
    at = last + 1;
  }
  return text;
}

std::vector<int> runs_of(const Section& section, Runs& runs) {
  std::vector<int> numbers;
  for (const std::string& run : section.runs)
    if (const int number = runs.number_of(run); number > 0) numbers.push_back(number);
  return numbers;
}

}  // namespace millrace::reports
