#pragma once

#include <string>
#include <string_view>

#include "table.hpp"

namespace millrace::reports {

/// The rows as RFC 4180 has them: CRLF, quotes where they are needed. A text that a spreadsheet would take for a
/// formula gets an apostrophe in front. No rows and no chosen columns make an empty file. `for_excel`: with the mark
/// by which Excel knows that it is UTF-8.
std::string csv(std::string_view rows, Columns columns, bool for_excel, const LocalTimes& times, TableNotes& notes);

/// One cell of it. A number has all its digits, but `for_excel` those that people read.
void append_cell(std::string& out, const Cell& cell, bool for_excel);

}  // namespace millrace::reports
