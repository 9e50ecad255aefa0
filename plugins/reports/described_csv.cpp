#include "csv.hpp"
#include "described.hpp"
#include "numbers.hpp"
#include "sheet.hpp"

namespace millrace::reports {

namespace {

class Spreadsheet {
 public:
  Spreadsheet(const Description& description, bool for_excel, const LocalTimes& times)
      : description_(description), for_excel_(for_excel), times_(times) {}

  Described write() {
    if (for_excel_) out() += "\uFEFF";
    line({text(description_.title)});
    if (!description_.brand.name.empty()) line({text(description_.brand.name)});
    if (!description_.location.empty()) line({text(description_.location)});
    if (!description_.period().empty()) line({text(description_.period())});
    for (const Section& section : description_.sections) write(section);
    return std::move(file_);
  }

 private:
  static Cell text(std::string said) { return {Cell::Kind::text, std::move(said)}; }
  static Cell number(std::string digits) { return {Cell::Kind::number, std::move(digits)}; }

  std::string& out() { return file_.content; }

  void line(const std::vector<Cell>& cells) {
    for (std::size_t place = 0; place < cells.size(); ++place) {
      if (place > 0) out() += ',';
      append_cell(out(), cells[place], for_excel_);
    }
    out() += "\r\n";
  }

  void write(const Section& section) {
    out() += "\r\n";
    if (!section.heading.empty()) line({text(section.heading)});
    if (!section.known) {
      line({text(std::string(unknown_text))});
      return;
    }
    std::string runs;
    for (const std::string& run : section.runs) runs += (runs.empty() ? "" : "; ") + run;
    switch (section.kind) {
      case Section::Kind::text:
        line({text(section.text)});
        break;
      case Section::Kind::figures:
        write_figures(section, runs);
        break;
      case Section::Kind::table:
      case Section::Kind::lines:
      case Section::Kind::bars:
        write_rows(section, runs);
        break;
    }
  }

  void write_figures(const Section& section, const std::string& runs) {
    line({text("figure"), text("value"), text("before"), text("change in percent"), text("run")});
    for (const Figure& figure : section.figures) {
      const Cell change = figure.change ? number(plain_number(*figure.change)) : Cell();
      line({text(figure.label), figure.value, figure.before, change, text(runs)});
    }
  }

  void write_rows(const Section& section, const std::string& runs) {
    Sheet sheet(section, times_, runs_);
    if (section.kind == Section::Kind::table) file_.rows += sheet.notes().rows;
    for (std::string& warning : sheet.warnings()) file_.warnings.push_back(std::move(warning));
    std::vector<Cell> cells;
    for (const SheetColumn& column : sheet.columns()) cells.push_back(text(column.heading));
    if (cells.empty()) return;
    cells.push_back(text("run"));
    line(cells);
    sheet.read(runs_, [&](const std::vector<Cell>& row, int run) {
      cells.clear();
      for (const SheetColumn& column : sheet.columns()) cells.push_back(row[column.place]);
      cells.push_back(text(run == 0 ? runs : runs_.all()[static_cast<std::size_t>(run) - 1]));
      line(cells);
    });
    std::vector<Cell> totals = sheet.totals(*description_.locale);
    if (totals.empty()) return;
    totals.push_back(text(runs));
    line(totals);
  }

  const Description& description_;
  bool for_excel_;
  const LocalTimes& times_;
  Runs runs_;
  Described file_;
};

}  // namespace

Described described_csv(const Description& description, bool for_excel, const LocalTimes& times) {
  return Spreadsheet(description, for_excel, times).write();
}

}  // namespace millrace::reports
