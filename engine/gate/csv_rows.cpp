#include "gate/csv_rows.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace millrace {

namespace {

Error broken_csv(std::size_t row, const std::string& why) {
  return {ErrorCode::invalid, "row " + std::to_string(row) + " " + why};
}

/// Reads row after row.
class CsvReader {
 public:
  CsvReader(std::string_view text, char separator) : text_(text), separator_(separator) {}

  bool at_end() const { return at_ >= text_.size(); }
  std::size_t row() const { return row_; }

  Result<std::vector<std::string>> next() {
    ++row_;
    std::vector<std::string> cells;
    for (;;) {
      cells.push_back(TRY(cell()));
      if (at_end()) return cells;
      const char c = text_[at_++];
      if (c == separator_) continue;
      if (c == '\r' && !at_end() && text_[at_] == '\n') ++at_;
      return cells;
    }
  }

 private:
  bool ends_cell(char c) const { return c == separator_ || c == '\n' || c == '\r'; }

  Result<std::string> cell() {
    if (at_end() || text_[at_] != '"') {
      const std::size_t begin = at_;
      while (!at_end() && !ends_cell(text_[at_])) ++at_;
      return std::string(text_.substr(begin, at_ - begin));
    }
    std::string found;
    for (++at_; !at_end(); ++at_) {
      if (text_[at_] != '"') {
        found += text_[at_];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        found += text_[at_++];
      } else {
        ++at_;
        if (!at_end() && !ends_cell(text_[at_])) return broken_csv(row_, "goes on behind a closing quote");
        return found;
      }
    }
    return broken_csv(row_, "has a quote that is not closed");
  }

  std::string_view text_;
  char separator_;
  std::size_t at_ = 0;
  std::size_t row_ = 0;
};

}  // namespace

Result<Value> csv_rows(std::string_view text, char separator) {
  Value::List rows;
  CsvReader reader(text, separator);
  if (reader.at_end()) return Value(std::move(rows));
  const std::vector<std::string> names = TRY(reader.next());
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) !=
        names.begin() + static_cast<std::ptrdiff_t>(i))
      return broken_csv(1, "names the column \"" + names[i] + "\" twice");
  }
  while (!reader.at_end()) {
    std::vector<std::string> cells = TRY(reader.next());
    if (cells.size() == 1 && cells[0].empty()) continue;
    if (cells.size() > names.size())
      return broken_csv(reader.row(), "has " + std::to_string(cells.size()) + " cells, and the first line names " +
                                          std::to_string(names.size()));
    cells.resize(names.size());
    Map row;
    for (std::size_t i = 0; i < names.size(); ++i) row.set(names[i], std::move(cells[i]));
    rows.emplace_back(std::move(row));
  }
  return Value(std::move(rows));
}

}  // namespace millrace
