#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "description.hpp"

namespace millrace::reports {

/// The runs that a report's numbers come from, numbered in the order in which they are met.
class Runs {
 public:
  /// From 1 on; 0 for an empty name.
  int number_of(const std::string& run);
  const std::vector<std::string>& all() const { return all_; }

 private:
  std::map<std::string, int> numbers_;
  std::vector<std::string> all_;
};

/// One column, as it is shown.
struct SheetColumn {
  std::string heading, member;
  std::size_t place = 0;  ///< among the cells of a row
  bool numbers = false;   ///< it holds numbers and nothing else, so they stand below each other
  bool share = false;
  int decimals = 0;  ///< that the numbers have at the least, so that they stand below each other
  /// The cells that may need most room, as far as letters can tell: a text, and a number with each sign.
  std::vector<Cell> widest = std::vector<Cell>(3);
};

/// A section's table: what it is made of is known after one walk over the rows, and they are shown in a second one.
class Sheet {
 public:
  Sheet(const Section& section, const LocalTimes& times, Runs& runs);

  const std::vector<SheetColumn>& columns() const { return columns_; }
  const TableNotes& notes() const { return notes_; }
  const std::vector<int>& runs() const { return runs_; }  ///< the numbers of those that its rows come from
  bool rows_tell_runs() const { return run_place_.has_value(); }
  /// Whether a row has this member, or may have it: of what is not known yet nobody can say.
  bool has(std::string_view member) const;
  /// What is not shown as whoever described the table may think.
  std::vector<std::string> warnings() const;

  /// `visit` gets each row's cells at the places of the columns, and the number of its run; 0: none.
  void read(Runs& runs, const std::function<void(const std::vector<Cell>& cells, int run)>& visit);
  /// The text of a cell of this column.
  std::string text(const SheetColumn& column, const Cell& cell, const Locale& locale) const;
  /// What stands below the column; an empty cell where nothing does.
  Cell total(const SheetColumn& column) const;
  /// What stands below all columns, with the word for it where the first has nothing; empty where none has.
  std::vector<Cell> totals(const Locale& locale) const;

 private:
  void measure(const std::vector<Cell>& cells);

  const Section& section_;
  const LocalTimes& times_;
  Columns names_;
  TableNotes notes_;
  std::vector<SheetColumn> columns_;
  std::vector<bool> texts_;
  std::vector<int> runs_;
  std::optional<std::size_t> run_place_;
};

/// "[1]–[4], [7]"
std::string marks_of(const std::vector<int>& runs);

/// The numbers of a section's runs that are not told by rows.
std::vector<int> runs_of(const Section& section, Runs& runs);

}  // namespace millrace::reports
