#pragma once

#include <string>
#include <vector>

#include "paper.hpp"
#include "sheet.hpp"

namespace millrace::reports {

/// A table on paper: over as many pages as it takes, with its head on each.
class PaperTable {
 public:
  PaperTable(Paper& paper, Sheet& sheet, Runs& runs);

  /// Whether it is wider than upright paper.
  bool lies();
  /// REQUIRES: the paper lies where the table does.
  void write();

 private:
  struct Place {
    double x = 0, width = 0;
  };

  std::vector<double> natural_widths();
  /// The width below which numbers would be broken.
  double least_of(const std::vector<double>& widths) const;
  void share_width();
  double natural_width(const SheetColumn& column);
  double height_of(const std::vector<std::string>& texts, const Pen& pen);
  void write_head();
  void write_row(const std::vector<std::string>& texts, const Pen& pen, double height, Role role);
  void write_cell(std::size_t number, const std::string& text, const Pen& pen, Role role);
  void write_total();
  /// Parts of a table are tagged page by page; a large one as a whole, for the tags would be larger than its text.
  void begin_part();
  void end_part();
  void need(double height);
  std::string mark_of(int run) const;

  Paper& paper_;
  Sheet& sheet_;
  Runs& runs_;
  const Locale& locale_;
  std::vector<Place> places_;  ///< of the columns, then of the runs' marks where rows tell them
  bool marked_, tagged_;
  std::vector<double> rules_;  ///< below the rows of this page
  Pen text_pen_{8.5, false, ink};
};

}  // namespace millrace::reports
