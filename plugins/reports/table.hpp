#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "local_times.hpp"

namespace millrace::reports {

/// What stands in a report for a value that only a real run will tell.
inline constexpr std::string_view unknown_text = "(known after the run)";

/// One cell. Numbers have the digits that the JSON has; true and false are words; null and what is not there are empty.
struct Cell {
  enum class Kind : std::uint8_t { empty, text, number, word };
  Kind kind = Kind::empty;
  std::string text;
  std::optional<std::int64_t> instant = {};  ///< of a text that is a time, in milliseconds: clocks show an hour twice
};

/// The columns of a table, in the order in which they were seen first.
class Columns {
 public:
  Columns() = default;
  /// Exactly these: other members of the rows are left out, and a nested value is one cell of JSON.
  explicit Columns(std::vector<std::string> chosen);

  /// The place of a column, which is made where it is not chosen otherwise. `guess` is where it is likely to be.
  std::optional<std::size_t> place_of(std::string_view name, std::size_t guess);
  const std::vector<std::string>& names() const { return names_; }
  bool chosen() const { return chosen_; }
  /// Whether a row has it.
  bool is_met(std::size_t place) const { return place < met_.size() && met_[place]; }

 private:
  std::size_t meet(std::size_t place);

  std::vector<std::string> names_;
  std::vector<bool> met_;
  std::unordered_map<std::string, std::size_t> places_;
  bool chosen_ = false;
};

/// What was met while the rows were read.
struct TableNotes {
  std::size_t rows = 0;
  std::size_t text_bytes = 0;  ///< of all cells
  bool unknown = false;        ///< a value is only known after the run
};

/// Reads rows one by one, without keeping them: `rows` is the JSON of a list of objects. Nested objects become dotted
/// columns, lists become text, and a row that is no object becomes a column "value". `visit` gets the cells at the
/// places of `columns`, which grow as they are met; those behind the end of a row are empty.
/// Times are shown as `times` says.
TableNotes read_rows(std::string_view rows, Columns& columns, const LocalTimes& times,
                     const std::function<void(const std::vector<Cell>&)>& visit);

}  // namespace millrace::reports
