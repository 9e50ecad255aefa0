#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "description.hpp"

namespace millrace::reports {

/// A file, and what people should know about it.
struct Described {
  std::string content;
  std::size_t rows = 0;               ///< of its tables
  std::vector<std::string> warnings;  ///< such as letters that no font here has
};

/// The report on paper: a cover with its summary, then the sections, then the runs that the numbers come from.
Described described_pdf(const Description& description, const LocalTimes& times);

/// The same as one page that needs nothing but itself: no script, nothing from outside. Its charts are drawn as on
/// paper.
Described described_html(const Description& description, const LocalTimes& times);

/// The same as a spreadsheet: one block a section, with an empty line between them, and plain numbers with the run
/// that they come from. `for_excel`: with the mark by which Excel knows that it is UTF-8.
Described described_csv(const Description& description, bool for_excel, const LocalTimes& times);

/// What it was made of, as JSON. `input` is what the description was read from.
Described described_json(const Description& description, std::string_view input, const LocalTimes& times);

}  // namespace millrace::reports
